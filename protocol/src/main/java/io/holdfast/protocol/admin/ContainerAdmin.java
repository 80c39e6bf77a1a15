package io.holdfast.protocol.admin;

import io.holdfast.protocol.ObjectAddress;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/// Looks at the containers of a node and ends them, on behalf of an operator. Thread-safe; methods
/// block and fail with [io.holdfast.sdk.HoldfastException].
public interface ContainerAdmin {
  /// Whether a log is read on while it is written.
  enum Following {
    YES,
    NO
  }

  /// The containers that start, run or stop, by app, namespace and object.
  List<ContainerEntry> list(Optional<String> app);

  /// Ends a container as the platform does: what is in flight ends, SIGTERM, grace, SIGKILL.
  /// Returns when it has ended.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `container_not_running`
  void stop(ObjectAddress object);

  /// Ends a container, then has its object start it anew by its method `start()`.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `container_not_running`; `method_not_found` when the
  ///   object has no such method: then it was ended only
  void restart(ObjectAddress object);

  /// What it wrote to stdout and stderr; of one that is gone, the end, as far as it was kept. Close
  /// the stream.
  ///
  /// @param tailLines 0 to 10,000
  /// @throws io.holdfast.sdk.HoldfastException `node_overloaded` when too many follow
  InputStream logs(ObjectAddress object, int tailLines, Following following);
}
