package io.holdfast.node.peer;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;

/// A connection between two nodes. It asks for what the other one offers by its id, and gets it:
///
/// | | who asks | who offers |
/// |---|---|---|
/// | stream | `id` | parts `length bytes`; length 0 = the end, -1 = `length text`: why it broke off |
/// | WebSocket | `id`, then frames | frames: `kind length bytes` |
/// | calls | `id`, its name, then frames | frames, see [CallLine] |
///
/// After the end of a stream it can be asked for the next one. Used by one thread in each
/// direction.
final class PeerLine implements AutoCloseable {
  static final int END = 0;
  static final int BROKEN = -1;
  private static final int BUFFER_BYTES = 64 << 10;

  private final Socket connection;
  private final DataInputStream in;
  private final DataOutputStream out;

  /// @param socket what is read and written
  /// @param connection what carries it; the same without TLS
  PeerLine(Socket socket, Socket connection) throws IOException {
    this.connection = connection;
    connection.setTcpNoDelay(true);
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES));
    this.out =
        new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES));
  }

  /// How much it holds of what the other side has not taken.
  void keep(int bytes) throws IOException {
    connection.setSendBufferSize(bytes);
  }

  DataInputStream in() {
    return in;
  }

  DataOutputStream out() {
    return out;
  }

  /// Ends it for both sides, also for a thread that reads or writes. Safe to repeat.
  @Override
  public void close() {
    try {
      connection.close(); // TLS would wait for a thread that writes.
    } catch (IOException _) {
      // It is of no use any more.
    }
  }
}
