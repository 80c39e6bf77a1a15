package io.holdfast.sdk;

/// What happens to a container that was idle for long enough.
public enum SleepMode {
  /// It is stopped: it gives back memory and CPU, and loses its file system.
  STOP,
  /// It is frozen where it stands: its memory stays, it uses no CPU, and the next request goes on
  /// with it within milliseconds. When it was frozen for long enough it is stopped.
  PAUSE
}
