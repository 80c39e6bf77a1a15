package io.holdfast.sdk;

import java.io.InputStream;
import java.io.OutputStream;

/// A TCP connection to a port of a container.
///
/// While it is open and the object is in memory it counts as in flight. It is closed when the
/// object leaves memory, and when the container ends; reading and writing then fail with an
/// [java.io.IOException].
///
/// Thread rule: as its [ContainerHandle]. While reading or writing waits, other events may enter;
/// what is written leaves once all earlier writes of the object are durable.
public interface ContainerSocket extends AutoCloseable {
  /// What the container sends; ends when it has closed its direction. Closing it closes the
  /// connection.
  InputStream input();

  /// What the container gets. Closing it closes this direction alone: the container reads an end,
  /// and may go on sending.
  OutputStream output();

  /// Closes both directions; safe to repeat.
  @Override
  void close();
}
