package io.holdfast.engine.docker;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/*
 * Docker has no verb for "signal this process of an exec". But it tells the number of the process on its host, and when that
 * is our host too, kill(2) reaches it: the container needs no tools, not even a shell. Numbers are used again, so before it
 * is signalled the process must be seen to be in the container: in the same namespace of processes as the container's first.
 */
/// Signals to processes of containers, sent on the host.
final class HostSignals {
  private static final int ESRCH = 3;
  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final MemoryLayout ERRNO_LAYOUT = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO_VALUE =
      ERRNO_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private HostSignals() {}

  /// Sends a signal to a process, if it still is one of the container.
  ///
  /// @param pid of the process on the engine's host
  /// @param containerPid of the container's first process there
  /// @return why that is not possible; empty when it was sent, or the process has ended
  static Optional<String> send(long pid, long containerPid, int signal) {
    Optional<String> space = processSpace(pid);
    if (space.isEmpty()) {
      return Files.exists(Path.of("/proc/" + pid)) || !Files.exists(Path.of("/proc/self"))
          ? Optional.of("/proc does not tell of process " + pid)
          : processSpace(containerPid).isPresent()
              ? Optional.empty()
              : Optional.of("the engine's processes are not on this host");
    }
    if (!space.equals(processSpace(containerPid))) {
      return Optional.of("process " + pid + " of this host is not in the container");
    }
    int errno = kill((int) pid, signal);
    return errno == 0 || errno == ESRCH
        ? Optional.empty()
        : Optional.of("kill(2) failed with errno " + errno);
  }

  private static Optional<String> processSpace(long pid) {
    try {
      return Optional.of(Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/pid")).toString());
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /// The number of the process inside its container; 0 when this host does not tell.
  static long pidInside(long pid, long containerPid) {
    if (!processSpace(containerPid).equals(processSpace(pid)) || processSpace(pid).isEmpty()) {
      return 0;
    }
    try {
      List<String> status = Files.readAllLines(Path.of("/proc/" + pid + "/status"));
      return status.stream()
          .filter(line -> line.startsWith("NSpid:"))
          .flatMap(line -> Arrays.stream(line.split("\\s+")))
          .reduce((_, last) -> last)
          .map(Long::parseLong)
          .orElse(0L);
    } catch (IOException | NumberFormatException _) {
      return 0;
    }
  }

  /** The error of the system, or 0. */
  private static int kill(int pid, int signal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(ERRNO_LAYOUT);
      int result = (int) Kill.HANDLE.invokeExact(state, pid, signal);
      return result == 0 ? 0 : (int) ERRNO_VALUE.get(state, 0L);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Linked when it is first needed. */
  private static final class Kill {
    static final MethodHandle HANDLE =
        LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("kill"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
            ERRNO);
  }
}
