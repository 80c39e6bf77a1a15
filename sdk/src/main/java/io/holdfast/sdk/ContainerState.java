package io.holdfast.sdk;

import java.time.Instant;
import java.util.OptionalInt;

/// The state of a container.
///
/// @param lastChange when it came into this state
/// @param exitCode the code it ended with; only with [Status#STOPPED_WITH_CODE]
public record ContainerState(Status status, Instant lastChange, OptionalInt exitCode) {
  public enum Status {
    /// Never started, ended with code 0, or stopped by the runtime.
    STOPPED,
    /// Ordered; not yet running on the engine.
    STARTING,
    /// Running, not known to be ready.
    RUNNING,
    /// Running, and was ready when last asked.
    HEALTHY,
    /// Frozen because nobody used it, see [SleepMode#PAUSE]; goes on with the next request.
    PAUSED,
    /// Told to stop, still there.
    STOPPING,
    /// Ended with another code, or by a signal from elsewhere.
    STOPPED_WITH_CODE
  }
}
