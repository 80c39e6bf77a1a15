package io.holdfast.testkit;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.ContainerStats;
import io.holdfast.engine.ExecRequest;
import io.holdfast.engine.ExecResult;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.FileChanges;
import io.holdfast.engine.FoundContainer;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.IntConsumer;

/// A container of a [FakeContainerEngine]: a state, and real HTTP servers on a loopback address of
/// its own.
public final class FakeContainer {
  private static final int SIGKILL = 9;

  private final ContainerId id;
  private final ContainerSpec spec;
  private final InetAddress address;
  private final Instant startedAt = Instant.now();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Runnable> servers = new ArrayList<>();
  private final List<String> logLines = new ArrayList<>();
  final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private volatile FileChanges changes;
  private volatile IntConsumer onSignal = this::dieOfSignal;
  private volatile Function<ExecRequest, ExecResult> onExec = FakeContainer::noSuchCommand;
  private final Map<String, FakeCommand> commands = new ConcurrentHashMap<>();
  private Phase phase = Phase.CREATED;
  private ExitReason reason = new ExitReason.Destroyed();

  private enum Phase {
    CREATED,
    RUNNING,
    PAUSED,
    EXITED,
    GONE
  }

  FakeContainer(ContainerId id, ContainerSpec spec, InetAddress address) {
    this.id = id;
    this.spec = spec;
    this.address = address;
    this.changes = new FileChanges(spec.image(), Set.of(), Set.of());
  }

  private volatile ContainerStats stats = new ContainerStats(1_000, 1_048_576, 0, 0, 1);

  public ContainerId id() {
    return id;
  }

  /// What it was started with: environment, entrypoint, owner.
  public ContainerSpec spec() {
    return spec;
  }

  public InetAddress address() {
    return address;
  }

  /// Listens on a port of its own address until it ends. A paused container accepts and stays
  /// silent.
  public void listen(int port, HttpHandler handler) {
    try {
      HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 0);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.createContext(
          "/",
          exchange -> {
            awaitResumed();
            handler.handle(exchange);
          });
      server.start();
      keep(() -> server.stop(0));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on %s:%d".formatted(address, port), e);
    }
  }

  /// Listens on a port for WebSockets until it ends; plain requests are answered with 200.
  public void listen(int port, FakeSocketHandler handler) {
    FakeSocketServer server = new FakeSocketServer(address, port, handler);
    keep(server::close);
  }

  private void keep(Runnable server) {
    boolean late;
    lock.lock();
    try {
      late = ended();
      if (!late) {
        servers.add(server);
      }
    } finally {
      lock.unlock();
    }
    if (late) {
      server.run();
    }
  }

  /// Adds a line to its log.
  public void log(String line) {
    lock.lock();
    try {
      logLines.add(line);
    } finally {
      lock.unlock();
    }
  }

  /// What signals do; SIGKILL always kills. Without this every signal ends it with 128 + its
  /// number.
  public void onSignal(IntConsumer reaction) {
    onSignal = reaction;
  }

  /// How its file system differs from its image; nothing unless told.
  public void differs(Set<String> written, Set<String> removed) {
    changes = new FileChanges(spec.image(), written, removed);
  }

  FileChanges changes() {
    return changes;
  }

  /// What commands run inside it give.
  public void onExec(Function<ExecRequest, ExecResult> reaction) {
    onExec = reaction;
  }

  /// From now on there is a program of that name inside it.
  public void command(String program, FakeCommand command) {
    commands.put(program, command);
  }

  /// Runs a program inside it; it ends with the container at the latest.
  FakeProcess start(List<String> command, ExecOptions options) {
    FakeCommand program = command.isEmpty() ? null : commands.get(command.getFirst());
    if (program == null) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "could not run %s in container %s: no such program".formatted(command, id));
    }
    FakeProcess process = FakeProcess.start(command, options, program);
    keep(() -> process.kill(SIGKILL));
    return process;
  }

  /// Its process ends with the code.
  public void exit(int code) {
    end(Phase.EXITED, new ExitReason.Exited(code));
  }

  void runOutOfMemory() {
    end(Phase.EXITED, new ExitReason.OutOfMemory(128 + SIGKILL));
  }

  void vanish() {
    end(Phase.GONE, new ExitReason.Destroyed());
  }

  private void end(Phase end, ExitReason why) {
    List<Runnable> stopping;
    lock.lock();
    try {
      if (phase != Phase.EXITED && phase != Phase.GONE) {
        reason = why;
      }
      phase = end == Phase.GONE || phase == Phase.GONE ? Phase.GONE : Phase.EXITED;
      changed.signalAll();
      stopping = List.copyOf(servers);
      servers.clear();
    } finally {
      lock.unlock();
    }
    stopping.forEach(Runnable::run);
  }

  void run(FakeProgram program) {
    phase(Phase.RUNNING);
    program.start(this);
  }

  /// Delivers a signal; the caller has checked that it runs.
  void signal(int number) {
    if (number == SIGKILL) {
      dieOfSignal(number);
    } else {
      onSignal.accept(number);
    }
  }

  private void dieOfSignal(int number) {
    exit(128 + number);
  }

  ExecResult exec(ExecRequest request) {
    return onExec.apply(request);
  }

  private static ExecResult noSuchCommand(ExecRequest request) {
    byte[] message = ("no such command: " + request.command()).getBytes(StandardCharsets.UTF_8);
    return new ExecResult(127, new byte[0], message, ExecResult.Output.COMPLETE);
  }

  void pause() {
    phase(Phase.PAUSED);
  }

  void resume() {
    phase(Phase.RUNNING);
  }

  private void phase(Phase next) {
    lock.lock();
    try {
      if (phase != Phase.EXITED && phase != Phase.GONE) {
        phase = next;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void awaitResumed() throws IOException {
    lock.lock();
    try {
      while (phase == Phase.PAUSED) {
        changed.awaitUninterruptibly();
      }
      if (phase != Phase.RUNNING) {
        throw new IOException("the container has ended");
      }
    } finally {
      lock.unlock();
    }
  }

  ContainerState state() {
    lock.lock();
    try {
      return switch (phase) {
        case CREATED -> new ContainerState.Created();
        case RUNNING -> new ContainerState.Running(address, startedAt, 1);
        case PAUSED -> new ContainerState.Paused(address, startedAt, 1);
        case EXITED -> exited();
        case GONE -> new ContainerState.Gone();
      };
    } finally {
      lock.unlock();
    }
  }

  private ContainerState exited() {
    return switch (reason) {
      case ExitReason.Exited(int code) ->
          new ContainerState.Exited(code, ContainerState.OutOfMemory.NO, Instant.now());
      case ExitReason.OutOfMemory(int code) ->
          new ContainerState.Exited(code, ContainerState.OutOfMemory.YES, Instant.now());
      case ExitReason.Destroyed() -> new ContainerState.Gone();
    };
  }

  FoundContainer.Phase foundPhase() {
    return switch (state()) {
      case ContainerState.Created _ -> FoundContainer.Phase.CREATED;
      case ContainerState.Running _ -> FoundContainer.Phase.RUNNING;
      case ContainerState.Paused _ -> FoundContainer.Phase.PAUSED;
      case ContainerState.Exited _ -> FoundContainer.Phase.EXITED;
      case ContainerState.Gone _ -> FoundContainer.Phase.REMOVING;
    };
  }

  ExitReason reason() {
    lock.lock();
    try {
      return reason;
    } finally {
      lock.unlock();
    }
  }

  boolean ended() {
    lock.lock();
    try {
      return phase == Phase.EXITED || phase == Phase.GONE;
    } finally {
      lock.unlock();
    }
  }

  /// True when it has ended within that time.
  boolean awaitEnd(long nanos) throws InterruptedException {
    lock.lock();
    try {
      long left = nanos;
      while (phase != Phase.EXITED && phase != Phase.GONE && left > 0) {
        left = changed.awaitNanos(left);
      }
      return phase == Phase.EXITED || phase == Phase.GONE;
    } finally {
      lock.unlock();
    }
  }

  /// From now on the engine says that it has used that much since its start.
  public void uses(long cpuMicros, long sentBytes) {
    stats = new ContainerStats(cpuMicros, 1_048_576, 0, sentBytes, 1);
  }

  ContainerStats stats() {
    return stats;
  }

  /// Its log from the last lines on, until it ends.
  InputStream follow(int tailLines) {
    lock.lock();
    try {
      return new FakeLogStream(this, Math.max(0, logLines.size() - tailLines));
    } finally {
      lock.unlock();
    }
  }

  /// The lines from that one on, once there are any; empty when it has ended and there are none.
  List<String> awaitLog(int from) throws InterruptedException {
    while (true) {
      boolean over = awaitEnd(java.util.concurrent.TimeUnit.MILLISECONDS.toNanos(5));
      lock.lock();
      try {
        if (logLines.size() > from) {
          return List.copyOf(logLines.subList(from, logLines.size()));
        }
      } finally {
        lock.unlock();
      }
      if (over) {
        return List.of();
      }
    }
  }

  String logs(int tailLines) {
    lock.lock();
    try {
      List<String> tail =
          logLines.subList(Math.max(0, logLines.size() - tailLines), logLines.size());
      return tail.isEmpty() ? "" : String.join("\n", tail) + "\n";
    } finally {
      lock.unlock();
    }
  }
}
