package io.holdfast.multijvm.app;

import java.util.List;

/// What the Worker asks of a box.
public interface BoxApi {
  /// Runs a shell script in its container, which is started when it does not run.
  ///
  /// @return what it printed
  String run(String script);

  /// Its id; then what has become of its containers, in order: `start`, `stop CODE REASON`.
  List<String> log();
}
