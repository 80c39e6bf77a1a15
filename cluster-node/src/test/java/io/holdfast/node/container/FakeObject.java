package io.holdfast.node.container;

import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerExitException;
import io.holdfast.sdk.ContainerHandle;
import io.holdfast.sdk.ContainerInspection;
import io.holdfast.sdk.ContainerPort;
import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ContainerSnapshot;
import io.holdfast.sdk.ContainerSocket;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.DeadLetters;
import io.holdfast.sdk.DirectorySnapshot;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.ObjectId;
import io.holdfast.sdk.ObjectResetError;
import io.holdfast.sdk.OutboundConfig;
import io.holdfast.sdk.OutboundRules;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.RetryAlarm;
import io.holdfast.sdk.Schedules;
import io.holdfast.sdk.SleepMode;
import io.holdfast.sdk.StartOptions;
import io.holdfast.sdk.Storage;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One object whose class is a [Container]: its turns as in a node, without storage, actors and
/// passivation.
///
/// One event at a time; waiting gives the turn away, but for `blockConcurrencyWhile`; what throws
/// inside of that resets the object.
final class FakeObject<C extends Container> {
  /** An event of the object. */
  interface Event<C, T> {
    T run(C object) throws Exception;
  }

  private final ContainerFixture fixture;
  private final String name;
  private final BiFunction<ObjectContext, Env, C> maker;
  private final ReentrantLock turn = new ReentrantLock(true);
  final AtomicInteger instances = new AtomicInteger();

  /// How many events have had their first turn.
  final AtomicInteger begun = new AtomicInteger();

  private final AtomicReference<CompletableFuture<Void>> lastBegins =
      new AtomicReference<>(CompletableFuture.completedFuture(null));

  // Guarded by the turn.
  private @Nullable Life life;

  /// The object `box/name`; hears from its container.
  FakeObject(ContainerFixture fixture, String name, BiFunction<ObjectContext, Env, C> maker) {
    this.fixture = fixture;
    this.name = name;
    this.maker = maker;
    FakeHooks hooks = fixture.hooks("box", name);
    hooks.onEnded = exit -> event(object -> done(() -> object.onStop(exit)));
    hooks.onIdle =
        still ->
            event(object -> {
              if (still.getAsBoolean()) {
                object.onActivityExpired();
              }
              return true;
            });
    hooks.onFound = () -> event(object -> true);
  }

  private interface Hook {
    void run() throws Exception;
  }

  private static boolean done(Hook hook) throws Exception {
    hook.run();
    return true;
  }

  ContainerSupervisor supervisor() {
    return fixture.supervisor("box", name);
  }

  /// Something happens to the object; runs when it is its turn. Events begin in the order of the
  /// calls.
  <T> CompletableFuture<T> event(Event<C, T> event) {
    CompletableFuture<Void> begins = new CompletableFuture<>();
    CompletableFuture<Void> before = lastBegins.getAndSet(begins);
    return ContainerFixture.async(() -> {
      before.join();
      turn.lock();
      begins.complete(null);
      begun.incrementAndGet();
      try {
        return event.run(living().object);
      } catch (ObjectResetError e) {
        throw new HoldfastException(ErrorCode.OBJECT_RESET, String.valueOf(e.getMessage()));
      } finally {
        turn.unlock();
      }
    });
  }

  private Life living() {
    if (life == null || life.dead) {
      instances.incrementAndGet();
      life = new Life();
      fixture.host.entered(
          ContainerFixture.address("box", name),
          life.object.sleepAfter(),
          life.object.sleepMode(),
          life.object.pausedFor());
    }
    return life;
  }

  /** One stay in memory. */
  private final class Life extends NoWebSockets {
    private final C object;
    private int closings;
    private boolean dead;

    Life() {
      Env env =
          (Env)
              Proxy.newProxyInstance(
                  Env.class.getClassLoader(),
                  new Class<?>[] {Env.class},
                  (proxy, method, arguments) -> {
                    throw new UnsupportedOperationException(method.getName());
                  });
      this.object = maker.apply(this, env);
    }

    private void checkTurn() {
      if (!turn.isHeldByCurrentThread()) {
        throw new AssertionError("used outside of the object's turn");
      }
      if (dead) {
        throw new ObjectResetError("the object was reset");
      }
    }

    private <T> T yieldWhile(Callable<T> task) throws Exception {
      checkTurn();
      boolean gone = closings == 0;
      if (gone) {
        turn.unlock();
      }
      try {
        return task.call();
      } finally {
        if (gone) {
          turn.lock();
        }
        checkTurn();
      }
    }

    private <T> T waiting(Callable<T> task) {
      try {
        return yieldWhile(task);
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public Schedules schedules() {
      throw new AssertionError("not asked for here");
    }

    @Override
    public ObjectId id() {
      return ContainerFixture.address("box", name).id();
    }

    @Override
    public Storage storage() {
      throw new UnsupportedOperationException("no storage");
    }

    @Override
    public DeadLetters deadLetters() {
      throw new UnsupportedOperationException("no storage");
    }

    @Override
    public Optional<ContainerHandle> container() {
      return Optional.of(new Handle(this, supervisor()));
    }

    @Override
    public <T> T blockConcurrencyWhile(Callable<T> task) throws Exception {
      checkTurn();
      closings++;
      try {
        return task.call();
      } catch (Throwable e) {
        dead = true;
        throw new ObjectResetError(String.valueOf(e.getMessage()));
      } finally {
        closings--;
      }
    }

    @Override
    public void waitUntil(Callable<?> task) {
      event(any -> task.call());
    }

    @Override
    public <T> T blocking(Callable<T> task) throws Exception {
      return yieldWhile(task);
    }

    @Override
    public void sleep(Duration duration) {
      waiting(() -> {
        LockSupport.parkNanos(duration.toNanos());
        return true;
      });
    }

    @Override
    public ObjectResetError abort(String reason, RetryAlarm retryAlarm) {
      dead = true;
      throw new ObjectResetError(reason);
    }

    @Override
    public String region() {
      return "local";
    }
  }

  private final class Handle implements ContainerHandle {
    private final Life life;
    private final ContainerSupervisor supervisor;

    Handle(Life life, ContainerSupervisor supervisor) {
      this.life = life;
      this.supervisor = supervisor;
    }

    @Override
    public boolean running() {
      life.checkTurn();
      return supervisor.running();
    }

    @Override
    public boolean prepared() {
      life.checkTurn();
      return supervisor.prepared();
    }

    @Override
    public void markPrepared() {
      life.checkTurn();
      supervisor.markPrepared(ContainerFixture.PERMITTED);
    }

    @Override
    public void start(StartOptions options, OutboundConfig config) {
      life.checkTurn();
      Outbound outbound = supervisor.outbound().with(config);
      supervisor.start(options, Optional.empty(), outbound, ContainerFixture.PERMITTED);
    }

    @Override
    public OutboundRules outboundRules() {
      life.checkTurn();
      return supervisor.outbound().rules();
    }

    @Override
    public void outboundRules(OutboundRules rules) {
      life.checkTurn();
      supervisor.outbound(supervisor.outbound().with(rules));
    }

    @Override
    public ContainerExit monitor() {
      life.checkTurn();
      Supplier<ContainerExit> end = supervisor.monitor();
      ContainerExit exit = life.waiting(end::get);
      if (exit.exitCode() != 0 && exit.reason() != ContainerExit.Reason.RUNTIME_SIGNAL) {
        throw new ContainerExitException(exit.exitCode());
      }
      return exit;
    }

    @Override
    public void awaitReady(Readiness readiness, Duration timeout) {
      life.waiting(() -> {
        supervisor.awaitReady(readiness, timeout);
        return true;
      });
    }

    @Override
    public ContainerPort port(int port) {
      if (port < 1) {
        throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "expected a port, found " + port);
      }
      return new Port(life, supervisor, port);
    }

    @Override
    public ContainerProcess exec(List<String> command, ExecOptions options) {
      return life.waiting(() -> supervisor.exec(command, options));
    }

    @Override
    public void signal(int number) {
      life.waiting(() -> {
        supervisor.signal(number);
        return true;
      });
    }

    @Override
    public void stop(Duration grace) {
      life.waiting(() -> {
        supervisor.stop(grace);
        return true;
      });
    }

    @Override
    public void destroy() {
      life.waiting(() -> {
        supervisor.destroy();
        return true;
      });
    }

    @Override
    public void destroy(RuntimeException error) {
      life.waiting(() -> {
        supervisor.destroyBecause(error);
        return true;
      });
    }

    @Override
    public Optional<ContainerInspection> inspect() {
      return life.waiting(supervisor::inspect);
    }

    @Override
    public void setLabels(Map<String, String> labels) {
      supervisor.labels(labels);
    }

    @Override
    public ContainerSnapshot snapshotContainer(String name) {
      return life.waiting(() -> supervisor.snapshotContainer(name));
    }

    @Override
    public DirectorySnapshot snapshotDirectory(String directory, String name) {
      return life.waiting(() -> supervisor.snapshotDirectory(directory, name));
    }

    @Override
    public ContainerState state() {
      life.checkTurn();
      return supervisor.state();
    }

    @Override
    public void setInactivityTimeout(Duration timeout, SleepMode mode, Duration pausedFor) {
      life.checkTurn();
      supervisor.inactivityTimeout(timeout, mode, pausedFor);
    }

    @Override
    public void setInactivityTimeout(Duration timeout) {
      life.checkTurn();
      supervisor.inactivityTimeout(timeout);
    }

    @Override
    public void renewActivity() {
      life.checkTurn();
      supervisor.renewActivity();
    }
  }

  private record Port(FakeObject<?>.Life life, ContainerSupervisor supervisor, int port)
      implements ContainerPort {
    @Override
    public Response fetch(Request request) {
      return life.waiting(() -> supervisor.fetch(port, request));
    }

    @Override
    public ContainerSocket connect() {
      return life.waiting(() -> supervisor.connect(port));
    }
  }
}
