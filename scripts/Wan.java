import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/// A wide area network between network namespaces of this machine: a packet from one to another
/// arrives as late as if they were far apart. Root; Linux; not every kernel has `tc netem`.
///
/// `Wan.java NAME=ADDRESS… NAME-NAME=MILLIS…` makes a TUN device for each NAME, says `ready`, and
/// passes what is sent to ADDRESS to the device of that NAME, after half of the MILLIS, which are
/// there and back. Whoever starts it moves each device into a namespace and gives it its address.
/// The devices go when it ends. What is sent to others is dropped, as is what finds 4,096 packets
/// underway.
final class Wan {
  private static final int UNDERWAY_MAX = 4_096;
  private static final int PACKET_MAX = 65_536;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle OPEN =
      function(
          "open",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle IOCTL =
      function(
          "ioctl",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle READ =
      function("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle WRITE =
      function("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));

  private Wan() {}

  private static MethodHandle function(
      String name, FunctionDescriptor type, Linker.Option... options) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, options);
  }

  /**
   * One end.
   *
   * @param device its file descriptor
   */
  private record End(byte[] address, int device, List<Way> ways) {}

  /** From one end to another: all packets are held up alike, so they stay in their order. */
  private record Way(End to, long delayNanos, BlockingQueue<Packet> underway) {}

  private record Packet(byte[] bytes, long dueNanos) {}

  public static void main(String[] arguments) throws Exception {
    Map<String, End> ends = new LinkedHashMap<>();
    for (String argument : arguments) {
      String[] both = argument.split("=", 2);
      String[] names = both[0].split("-", 2);
      if (names.length == 1) {
        byte[] address = InetAddress.ofLiteral(both[1]).getAddress();
        ends.put(both[0], new End(address, device(both[0]), new ArrayList<>()));
      } else {
        long delayNanos = Long.parseLong(both[1]) * 1_000_000 / 2;
        connect(ends.get(names[0]), ends.get(names[1]), delayNanos);
        connect(ends.get(names[1]), ends.get(names[0]), delayNanos);
      }
    }
    for (End end : ends.values()) {
      start(() -> send(end));
      end.ways().forEach(way -> start(() -> deliver(way)));
    }
    IO.println("ready");
    Thread.currentThread().join();
  }

  private static void connect(End from, End to, long delayNanos) {
    from.ways().add(new Way(to, delayNanos, new LinkedBlockingQueue<>(UNDERWAY_MAX)));
  }

  /** A TUN device without headers before its packets. */
  private static int device(String name) {
    int readAndWrite = 2;
    long setInterface = 0x400454caL;
    short withoutHeader = 0x1001;
    try (Arena arena = Arena.ofConfined()) {
      int device = (int) OPEN.invokeExact(arena.allocateFrom("/dev/net/tun"), readAndWrite);
      MemorySegment request = arena.allocate(40);
      request.setString(0, name);
      request.set(JAVA_SHORT, 16, withoutHeader);
      if (device < 0 || (int) IOCTL.invokeExact(device, setInterface, request) < 0) {
        throw new IllegalStateException("/dev/net/tun: expected a new device " + name + ", found none");
      }
      return device;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private interface Endless {
    void run() throws Throwable;
  }

  /** A thread whose fault ends all: half a network would be a puzzle. */
  private static void start(Endless work) {
    Thread _ =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                work.run();
              } catch (Throwable e) {
                e.printStackTrace();
                System.exit(1);
              }
            });
  }

  /** Puts what comes from an end on its way. */
  private static void send(End from) throws Throwable {
    MemorySegment buffer = Arena.global().allocate(PACKET_MAX);
    while (true) {
      long length = (long) READ.invokeExact(from.device(), buffer, (long) PACKET_MAX);
      if (length < 20) {
        LockSupport.parkNanos(10_000_000); // The device is not up yet.
        continue;
      }
      byte[] bytes = buffer.asSlice(0, length).toArray(JAVA_BYTE);
      for (Way way : from.ways()) {
        if (Arrays.equals(bytes, 16, 20, way.to().address(), 0, 4)) {
          boolean _ = way.underway().offer(new Packet(bytes, System.nanoTime() + way.delayNanos()));
        }
      }
    }
  }

  private static void deliver(Way way) throws Throwable {
    MemorySegment buffer = Arena.global().allocate(PACKET_MAX);
    while (true) {
      Packet packet = way.underway().take();
      for (long left = packet.dueNanos() - System.nanoTime();
          left > 0;
          left = packet.dueNanos() - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      int length = packet.bytes().length;
      MemorySegment.copy(packet.bytes(), 0, buffer, JAVA_BYTE, 0, length);
      long _ = (long) WRITE.invokeExact(way.to().device(), buffer, (long) length);
    }
  }
}
