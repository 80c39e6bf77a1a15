package io.holdfast.node.peer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;

/*
 * A frame is `kind length bytes`. Each message is answered by TAKEN once its receiver has room for more, in order, so who
 * sends is held back over two nodes as over one.
 */
/// A WebSocket whose two sides live on two nodes.
final class SocketFrames {
  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int TAKEN = 3;
  private static final int CLOSE = 4;
  private static final int STATE = 5;

  private final SocketEnd end;
  private final PeerLine line;
  private final LinkedBlockingQueue<Frame> outgoing = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<Runnable> untaken = new LinkedBlockingQueue<>();
  private volatile boolean closedHere;
  private volatile boolean closedThere;

  private record Frame(int kind, byte[] bytes, Optional<Runnable> taken) {}

  private SocketFrames(SocketEnd end, PeerLine line) {
    this.end = end;
    this.line = line;
  }

  /// Passes frames between an end and a peer until both sides have closed, or one is gone. Blocks.
  static void relay(SocketEnd end, PeerLine line) {
    new SocketFrames(end, line).run();
  }

  private void run() {
    end.attach(new FromHere());
    Thread writer = Thread.ofVirtual().name("peer-socket").start(this::write);
    try {
      read(line.in());
    } catch (IOException | RuntimeException _) {
      // The other side is gone, which is what follows.
    } finally {
      if (!closedThere) {
        end.close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
      }
      writer.interrupt();
      line.close();
      untaken.forEach(Runnable::run);
    }
  }

  private void read(DataInputStream in) throws IOException {
    while (!(closedHere && closedThere)) {
      int kind = in.readUnsignedByte();
      int length = in.readInt();
      if (length < 0 || length > SocketMessage.BYTES_MAX) {
        throw new IOException("a frame of " + length + " bytes");
      }
      byte[] bytes = in.readNBytes(length);
      switch (kind) {
        case TEXT -> receive(new SocketMessage.Text(new String(bytes, UTF_8)));
        case BINARY -> receive(new SocketMessage.Binary(bytes));
        case TAKEN -> {
          Runnable taken = untaken.poll();
          if (taken != null) {
            taken.run();
          }
        }
        case STATE -> end.state(bytes);
        case CLOSE -> {
          closedThere = true;
          int code = ((bytes[0] & 0xFF) << 8) | (bytes[1] & 0xFF);
          end.close(code, new String(bytes, 3, bytes.length - 3, UTF_8), bytes[2] == 1);
        }
        default -> throw new IOException("a frame of kind " + kind);
      }
    }
  }

  private void receive(SocketMessage message) {
    end.send(message, () -> outgoing.add(new Frame(TAKEN, new byte[0], Optional.empty())));
  }

  private void write() {
    DataOutputStream out = line.out();
    try {
      while (true) {
        Frame frame = outgoing.take();
        frame.taken.ifPresent(untaken::add);
        out.writeByte(frame.kind);
        out.writeInt(frame.bytes.length);
        out.write(frame.bytes);
        if (outgoing.isEmpty() || frame.kind == CLOSE) {
          out.flush();
        }
        if (frame.kind == CLOSE) {
          closedHere = true;
        }
        if (closedHere && closedThere) {
          line.close();
          return;
        }
      }
    } catch (IOException | InterruptedException _) {
      line.close();
    }
  }

  private final class FromHere implements SocketReceiver {
    @Override
    public void message(SocketMessage message, Runnable taken) {
      outgoing.add(
          switch (message) {
            case SocketMessage.Text(String text) ->
                new Frame(TEXT, text.getBytes(UTF_8), Optional.of(taken));
            case SocketMessage.Binary(byte[] bytes) -> new Frame(BINARY, bytes, Optional.of(taken));
          });
    }

    @Override
    public void state(byte[] state) {
      outgoing.add(new Frame(STATE, state, Optional.empty()));
    }

    @Override
    public void closed(int code, String reason, boolean clean) {
      byte[] text = reason.getBytes(UTF_8);
      byte[] bytes = new byte[3 + text.length];
      bytes[0] = (byte) (code >> 8);
      bytes[1] = (byte) code;
      bytes[2] = (byte) (clean ? 1 : 0);
      System.arraycopy(text, 0, bytes, 3, text.length);
      outgoing.add(new Frame(CLOSE, bytes, Optional.empty()));
    }
  }
}
