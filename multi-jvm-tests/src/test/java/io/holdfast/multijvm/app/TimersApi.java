package io.holdfast.multijvm.app;

import java.util.List;

/// What the Worker asks of an object with timers.
public interface TimersApi {
  void arm(String token, long atMillis);

  List<String> fired();
}
