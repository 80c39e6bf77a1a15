package io.holdfast.engine.egress;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/// Two connections as one: what comes on either goes out on the other, as it is.
final class Splice {
  private static final int CHUNK_BYTES = 32 * 1024;

  private Splice() {}

  /// Returns when both directions have ended; one that breaks off ends both.
  static void join(Socket one, Socket other) throws IOException {
    Thread back =
        Thread.ofVirtual().name("holdfast-egress-back").start(() -> copyOrCut(other, one));
    copyOrCut(one, other);
    try {
      back.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void copyOrCut(Socket from, Socket to) {
    try {
      copy(from.getInputStream(), to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException _) {
      cut(from);
      cut(to);
    }
  }

  private static void copy(InputStream in, OutputStream out) throws IOException {
    byte[] chunk = new byte[CHUNK_BYTES];
    int count;
    while ((count = in.read(chunk)) >= 0) {
      out.write(chunk, 0, count);
      out.flush();
    }
  }

  private static void cut(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // It is closed either way.
    }
  }
}
