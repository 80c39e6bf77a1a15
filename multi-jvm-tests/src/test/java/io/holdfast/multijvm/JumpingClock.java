package io.holdfast.multijvm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeElement;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.ProtectionDomain;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Set;

/// A wall clock of a node that jumps when the test says so. An agent has the node's own classes and
/// those of Cassandra's driver ask it instead of the system; the monotonic clock is the machine's,
/// as it is where somebody sets the time. Classes of apps have the machine's time.
///
/// The test writes how far the clock is off to a file, of which the agent reads ten times a second.
public final class JumpingClock extends Clock {
  private static final long READ_EVERY_MILLIS = 100;

  /** As `class.method` in the form of class files. */
  private static final Set<String> ASKED =
      Set.of(
          "java/lang/System.currentTimeMillis",
          "java/time/Instant.now",
          "java/time/Clock.systemUTC",
          "java/time/InstantSource.system",
          "com/datastax/oss/driver/internal/core/os/Native.isCurrentTimeMicrosAvailable");

  private static volatile long offMillis;

  private final ZoneId zone;

  private JumpingClock(ZoneId zone) {
    this.zone = zone;
  }

  // ---- in the test
  // --------------------------------------------------------------------------------------------

  private static Path file(Path directory) {
    return directory.resolve("clock-is-off-by");
  }

  /// The flag that gives a node's JVM this clock, right at first.
  ///
  /// @param directory of the node
  static String flag(Path directory) {
    set(directory, Duration.ZERO);
    return AgentJar.flag(JumpingClock.class, directory, file(directory).toString());
  }

  /// Lets the clock of the node in a directory be off by so much, from some 100 ms on.
  static void set(Path directory, Duration off) {
    Path next = directory.resolve("clock-will-be-off-by");
    try {
      Files.writeString(next, Long.toString(off.toMillis()));
      Files.move(next, file(directory), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- in the node
  // --------------------------------------------------------------------------------------------

  /// Where the JVM begins with the agent.
  public static void premain(String file, Instrumentation jvm) {
    Path source = Path.of(file);
    read(source);
    Thread.ofPlatform()
        .daemon()
        .name("jumping-clock")
        .start(() -> {
          while (true) {
            read(source);
            try {
              Thread.sleep(READ_EVERY_MILLIS);
            } catch (InterruptedException e) {
              return;
            }
          }
        });
    jvm.addTransformer(new Asking());
  }

  private static void read(Path file) {
    try {
      offMillis = Long.parseLong(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Asking implements ClassFileTransformer {
    private static final ClassDesc HERE = ClassDesc.of(JumpingClock.class.getName());

    @Override
    public byte[] transform(
        ClassLoader loader,
        String name,
        Class<?> redefined,
        ProtectionDomain domain,
        byte[] bytes) {
      boolean ofTheNode =
          name.startsWith("io/holdfast/") || name.startsWith("com/datastax/oss/driver/");
      if (loader != ClassLoader.getSystemClassLoader()
          || !ofTheNode
          || name.startsWith("io/holdfast/multijvm/")
          || !mayAsk(bytes)) {
        return null;
      }
      ClassFile classes = ClassFile.of();
      ClassModel model = classes.parse(bytes);
      boolean asks =
          model.methods().stream()
              .flatMap(method -> method.code().stream())
              .flatMap(code -> code.elementStream())
              .anyMatch(Asking::isAsked);
      return asks ? classes.transformClass(model, changed()) : null;
    }

    /** Cheaper than to read the class. */
    private static boolean mayAsk(byte[] bytes) {
      String constants = new String(bytes, ISO_8859_1);
      return ASKED.stream().anyMatch(asked -> constants.contains(asked.split("\\.")[1]));
    }

    private static ClassTransform changed() {
      return ClassTransform.transformingMethodBodies((code, element) -> {
        if (element instanceof InvokeInstruction call && isAsked(call)) {
          code.invokestatic(HERE, call.name().stringValue(), call.typeSymbol());
        } else {
          code.with(element);
        }
      });
    }

    private static boolean isAsked(CodeElement element) {
      return element instanceof InvokeInstruction call
          && ASKED.contains(call.owner().asInternalName() + "." + call.name().stringValue())
          && call.typeSymbol().parameterCount() == 0;
    }
  }

  /// As [System#currentTimeMillis].
  public static long currentTimeMillis() {
    return System.currentTimeMillis() + offMillis;
  }

  /// As [Instant#now].
  public static Instant now() {
    return Instant.now().plusMillis(offMillis);
  }

  /// As [Clock#systemUTC].
  public static Clock systemUTC() {
    return new JumpingClock(ZoneOffset.UTC);
  }

  /// As [InstantSource#system].
  public static InstantSource system() {
    return systemUTC();
  }

  /// Without a clock of the system's own the driver asks Java's for the timestamps of its writes.
  public static boolean isCurrentTimeMicrosAvailable() {
    return false;
  }

  @Override
  public Instant instant() {
    return now();
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  @Override
  public Clock withZone(ZoneId other) {
    return new JumpingClock(other);
  }
}
