package io.holdfast.multijvm.app;

import java.util.List;

/// What the Worker asks of a place.
public interface PlaceApi {
  /// @return where it runs
  String add(String token);

  /// Where it runs, then all tokens in their order, then how often its alarm has rung and where.
  List<String> all();

  void ringIn(long millis);

  /// Takes that long.
  String work(long millis);
}
