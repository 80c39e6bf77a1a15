package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.StartedContainer;
import io.holdfast.node.container.ContainerLifecycle.Action;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.StartOptions;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The container of one object on this node. It outlives the object's stays in memory.
///
/// Thread-safe: the state changes under the monitor by [ContainerLifecycle], what then has to be
/// done runs outside of it on virtual threads. Methods that wait say so; call them on virtual
/// threads.
public final class ContainerSupervisor {
  private static final Logger log = LoggerFactory.getLogger(ContainerSupervisor.class);
  private static final int LAUNCH_TRIES = 3;
  private static final int REPORT_TRIES = 7;
  private static final Duration RETRY_FIRST = Duration.ofMillis(500);

  private final ObjectAddress address;
  private final ContainerHost host;
  private final ContainerOwnerHooks hooks;
  private final boolean hooked;

  // Guarded by this.
  private State state = State.STOPPED;
  private Instant lastChange;
  private @Nullable ContainerExit lastExit;
  private ContainerRun run = new ContainerRun();
  private boolean stopWanted;
  private int inFlight;
  private long lastActivityNanos = System.nanoTime();
  private @Nullable Duration inactivityTimeout;
  private @Nullable ScheduledFuture<?> idleCheck;

  ContainerSupervisor(
      ObjectAddress address, ContainerHost host, ContainerOwnerHooks hooks, boolean hooked) {
    this.address = address;
    this.host = host;
    this.hooks = hooks;
    this.hooked = hooked;
    this.lastChange = host.clock().instant();
  }

  // ---- orders
  // -------------------------------------------------------------------------------------------------

  /// Orders the start and returns at once. The engine is asked once `permitted` completes.
  ///
  /// @throws HoldfastException `wrong_state` when it runs, starts or stops
  public void start(StartOptions options, CompletableFuture<Void> permitted) {
    ContainerRun started;
    synchronized (this) {
      if (step(Event.START_ORDERED) != Action.LAUNCH) {
        throw new HoldfastException(
            ErrorCode.WRONG_STATE,
            "start() cannot be called on a container that is already running.");
      }
      started = new ContainerRun();
      run = started;
      stopWanted = false;
    }
    inBackground("launch", () -> launch(started, options, permitted));
  }

  /// Sends a signal.
  public void signal(int number) {
    if (number < 1 || number > 64) {
      throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "Invalid signal number.");
    }
    host.engine().signal(place(current()).id(), number);
  }

  /// Lets what is in flight end, then SIGTERM, then SIGKILL, all within the grace; waits until it
  /// is gone.
  public void stop(Duration grace) {
    ContainerRun stopped;
    Action action;
    synchronized (this) {
      stopped = run;
      action = step(Event.STOP_ORDERED);
      stopWanted = true;
    }
    if (action == Action.TERMINATE) {
      terminate(stopped, grace);
    }
    awaitEnd(stopped);
  }

  /// SIGKILL; waits until it is gone.
  public void destroy() {
    ContainerRun destroyed;
    Action action;
    synchronized (this) {
      destroyed = run;
      if (state == State.STOPPED) {
        return;
      }
      action = step(Event.DESTROY_ORDERED);
      stopWanted = true;
    }
    if (action == Action.KILL) {
      kill(destroyed);
    }
    awaitEnd(destroyed);
  }

  // ---- questions
  // ----------------------------------------------------------------------------------------------

  public synchronized boolean running() {
    return state != State.STOPPED;
  }

  public synchronized ContainerState state() {
    return switch (state) {
      case STARTING -> described(ContainerState.Status.STARTING);
      case RUNNING ->
          described(run.ready ? ContainerState.Status.HEALTHY : ContainerState.Status.RUNNING);
      case STOPPING -> described(ContainerState.Status.STOPPING);
      case STOPPED -> stopped(lastExit);
    };
  }

  private ContainerState stopped(@Nullable ContainerExit exit) {
    if (exit == null
        || exit.exitCode() == 0
        || exit.reason() == ContainerExit.Reason.RUNTIME_SIGNAL) {
      return described(ContainerState.Status.STOPPED);
    }
    return new ContainerState(
        ContainerState.Status.STOPPED_WITH_CODE, lastChange, OptionalInt.of(exit.exitCode()));
  }

  private ContainerState described(ContainerState.Status status) {
    return new ContainerState(status, lastChange, OptionalInt.empty());
  }

  /// Waits for the end of the current run.
  public ContainerExit monitor() {
    ContainerRun watched;
    synchronized (this) {
      if (state == State.STOPPED) {
        throw new HoldfastException(
            ErrorCode.WRONG_STATE,
            "monitor() cannot be called on a container that is not running.");
      }
      watched = run;
    }
    return join(watched.ended, null);
  }

  /// Waits until the container answers.
  public void awaitReady(Readiness readiness, Duration timeout) {
    ContainerRun watched = current();
    long deadline = System.nanoTime() + timeout.toNanos();
    ContainerRun.Place place = join(watched.launched, timeout);
    if (readiness instanceof Readiness.Running) {
      return;
    }
    Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    host.probe().await(place.id(), addressOf(place), readiness, left, watched.exited);
    watched.ready = true;
  }

  // ---- traffic
  // ------------------------------------------------------------------------------------------------

  /// Sends a request to a port; until its response is read or closed it counts as in flight.
  public Response fetch(int port, Request request) {
    ContainerRun used = enter();
    AtomicBoolean left = new AtomicBoolean();
    Runnable leave =
        () -> {
          if (left.compareAndSet(false, true)) {
            leave();
          }
        };
    try {
      ContainerRun.Place place = place(used);
      Response response = host.http().fetch(new InetSocketAddress(addressOf(place), port), request);
      if (response.body().buffered().isPresent()) {
        leave.run();
        return response;
      }
      return response.withBody(counted(response.body(), leave));
    } catch (RuntimeException | Error e) {
      leave.run();
      throw e;
    }
  }

  private synchronized ContainerRun enter() {
    if (state == State.STOPPED || state == State.STOPPING) {
      throw notRunning();
    }
    inFlight++;
    lastActivityNanos = System.nanoTime();
    return run;
  }

  private synchronized void leave() {
    inFlight--;
    lastActivityNanos = System.nanoTime();
    if (inFlight == 0) {
      notifyAll();
      scheduleIdleCheck();
    }
  }

  private static Body counted(Body body, Runnable leave) {
    InputStream stream =
        new FilterInputStream(body.stream()) {
          @Override
          public int read() throws IOException {
            return ended(super.read());
          }

          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            return ended(in.read(target, offset, length));
          }

          private int ended(int result) {
            if (result < 0) {
              leave.run();
            }
            return result;
          }

          @Override
          public void close() throws IOException {
            try {
              super.close();
            } finally {
              leave.run();
            }
          }
        };
    return body.length().isPresent() ? Body.of(stream, body.length().getAsLong()) : Body.of(stream);
  }

  // ---- inactivity
  // ---------------------------------------------------------------------------------------------

  public synchronized void inactivityTimeout(Duration timeout) {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected a positive inactivity timeout, found " + timeout);
    }
    if (!timeout.equals(inactivityTimeout)) {
      inactivityTimeout = timeout;
      scheduleIdleCheck();
    }
  }

  public synchronized void renewActivity() {
    lastActivityNanos = System.nanoTime();
  }

  /// The object leaves memory. Its container goes on when there is someone to put it to sleep, else
  /// it ends now.
  void objectLeaves() {
    boolean unwatched;
    synchronized (this) {
      unwatched = state != State.STOPPED && inactivityTimeout == null && !hooked;
    }
    if (unwatched) {
      inBackground("destroy", this::destroy);
    }
  }

  /** Called with the monitor held. */
  private void scheduleIdleCheck() {
    if (idleCheck != null) {
      idleCheck.cancel(false);
      idleCheck = null;
    }
    if (inactivityTimeout == null || state != State.RUNNING || inFlight > 0) {
      return;
    }
    long left = inactivityTimeout.toNanos() - (System.nanoTime() - lastActivityNanos);
    idleCheck =
        host.timer().schedule(this::checkIdle, Math.max(left, 1_000_000), TimeUnit.NANOSECONDS);
  }

  private void checkIdle() {
    synchronized (this) {
      idleCheck = null;
      Duration timeout = inactivityTimeout;
      if (timeout == null || state != State.RUNNING || inFlight > 0) {
        return;
      }
      if (System.nanoTime() - lastActivityNanos < timeout.toNanos()) {
        scheduleIdleCheck();
        return;
      }
    }
    inBackground("sleep", this::expire);
  }

  /// What happens to an idle container happens now; if it runs on, it is stopped.
  void sleepNow(Duration grace) {
    expire();
    stop(grace);
  }

  private void expire() {
    log.debug("{}: container goes to sleep", address);
    try {
      if (hooked) {
        join(hooks.idle(), null);
      } else {
        stop(host.stopGrace());
      }
    } catch (HoldfastException e) {
      log.warn("{}: putting the container to sleep failed: {}", address, e.getMessage());
    }
    synchronized (this) {
      lastActivityNanos = System.nanoTime();
      scheduleIdleCheck();
    }
  }

  // ---- what the life cycle asks for
  // ---------------------------------------------------------------------------

  /** Called with the monitor held. */
  private Action step(Event event) {
    ContainerLifecycle.Transition transition = ContainerLifecycle.next(state, event);
    if (transition.next() != state) {
      log.debug("{}: container {} -> {} by {}", address, state, transition.next(), event);
      host.changed(address.namespace(), state, transition.next());
      state = transition.next();
      lastChange = host.clock().instant();
    }
    return transition.action();
  }

  private void launch(
      ContainerRun started, StartOptions options, CompletableFuture<Void> permitted) {
    long begun = System.nanoTime();
    try {
      join(permitted, null);
      host.adoptAndClean();
      host.checkCapacity(address.namespace());
      StartedContainer container = startPatiently(host.spec(address, options));
      host.metrics().started(System.nanoTime() - begun);
      launched(started, new ContainerRun.Place(container.id(), container.address()));
    } catch (RuntimeException e) {
      host.metrics().startFailed();
      failed(started, e);
    }
  }

  /**
   * An engine that does not answer may have started it all the same: the same start again finds it.
   */
  private StartedContainer startPatiently(ContainerSpec spec) {
    for (int attempt = 1; ; attempt++) {
      try {
        return host.engine().start(spec);
      } catch (HoldfastException e) {
        if (e.code() != ErrorCode.ENGINE_UNAVAILABLE || attempt == LAUNCH_TRIES) {
          throw e;
        }
        pause(RETRY_FIRST.multipliedBy(attempt));
      }
    }
  }

  private void launched(ContainerRun started, ContainerRun.Place place) {
    Action action;
    synchronized (this) {
      action = step(Event.LAUNCHED);
      lastActivityNanos = System.nanoTime();
      scheduleIdleCheck();
    }
    started.launched.complete(place);
    inBackground("watch", () -> watch(started, place.id()));
    if (action == Action.WATCH_AND_KILL) {
      kill(started);
    }
  }

  private void failed(ContainerRun started, RuntimeException error) {
    HoldfastException reason =
        error instanceof HoldfastException known
            ? known
            : new HoldfastException(
                ErrorCode.CONTAINER_START_FAILED,
                "Failed to start container: " + error.getMessage(),
                error);
    log.warn("{}: container could not be started: {}", address, reason.getMessage());
    synchronized (this) {
      step(Event.LAUNCH_FAILED);
    }
    started.launched.completeExceptionally(reason);
    started.exited.completeExceptionally(reason);
    started.ended.completeExceptionally(reason);
  }

  private void watch(ContainerRun watched, ContainerId id) {
    while (true) {
      try {
        exited(watched, id, host.engine().awaitExit(id));
        return;
      } catch (HoldfastException e) {
        if (host.isClosed()) {
          return;
        }
        log.warn("{}: lost sight of container {}: {}", address, id, e.getMessage());
        pause(RETRY_FIRST);
      }
    }
  }

  private void exited(ContainerRun watched, ContainerId id, ExitReason reason) {
    ContainerExit exit;
    synchronized (this) {
      exit = exitOf(reason);
      lastExit = exit;
      step(Event.EXITED);
      if (idleCheck != null) {
        idleCheck.cancel(false);
        idleCheck = null;
      }
    }
    log.debug("{}: container {} ended: {}", address, id, reason.text());
    watched.exited.complete(reason);
    ContainerRun.Place place = watched.launched.getNow(null);
    if (place != null) {
      place.address().ifPresent(host.http()::closeAll);
    }
    watched.ended.complete(exit);
    report(exit);
    remove(id);
  }

  /** Called with the monitor held. */
  private ContainerExit exitOf(ExitReason reason) {
    ContainerExit.Reason byRuntime =
        stopWanted ? ContainerExit.Reason.RUNTIME_SIGNAL : ContainerExit.Reason.EXIT;
    return switch (reason) {
      case ExitReason.Exited(int code) -> new ContainerExit(code, byRuntime);
      case ExitReason.OutOfMemory(int code) ->
          new ContainerExit(code, ContainerExit.Reason.OUT_OF_MEMORY);
      case ExitReason.Destroyed() -> new ContainerExit(137, byRuntime);
    };
  }

  /**
   * The stopped container stays on the engine until the object knows: a crash in between repeats
   * the report.
   */
  private void report(ContainerExit exit) {
    for (int attempt = 1; attempt <= REPORT_TRIES; attempt++) {
      try {
        join(hooks.ended(exit), null);
        return;
      } catch (HoldfastException e) {
        log.warn(
            "{}: onStop failed ({} of {}): {}", address, attempt, REPORT_TRIES, e.getMessage());
        if (host.isClosed()) {
          return;
        }
        pause(RETRY_FIRST.multipliedBy(1L << attempt));
      }
    }
  }

  private void remove(ContainerId id) {
    if (host.isClosed()) {
      return;
    }
    try {
      host.engine().destroy(id);
    } catch (HoldfastException e) {
      log.warn("{}: container {} could not be removed: {}", address, id, e.getMessage());
    }
  }

  private void terminate(ContainerRun stopped, Duration grace) {
    long deadline = System.nanoTime() + grace.toNanos();
    awaitNothingInFlight(deadline);
    Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    Duration atLeast = grace.compareTo(Duration.ofSeconds(1)) < 0 ? grace : Duration.ofSeconds(1);
    host.engine()
        .stop(join(stopped.launched, null).id(), left.compareTo(atLeast) < 0 ? atLeast : left);
  }

  private synchronized void awaitNothingInFlight(long deadlineNanos) {
    while (inFlight > 0) {
      long millis = (deadlineNanos - System.nanoTime()) / 1_000_000;
      if (millis <= 0) {
        return;
      }
      try {
        wait(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void kill(ContainerRun killed) {
    host.engine().destroy(join(killed.launched, null).id());
  }

  // ---- adoption
  // -----------------------------------------------------------------------------------------------

  /// Takes over a container that an earlier life of this node started.
  void adopt(ContainerRun.Place place) {
    ContainerRun adopted = new ContainerRun();
    synchronized (this) {
      if (step(Event.FOUND_RUNNING) != Action.WATCH) {
        return;
      }
      run = adopted;
      lastActivityNanos = System.nanoTime();
    }
    adopted.launched.complete(place);
    inBackground("found", () -> join(hooks.found(), null));
    inBackground("watch", () -> watch(adopted, place.id()));
  }

  // ---- waiting
  // ------------------------------------------------------------------------------------------------

  private synchronized ContainerRun current() {
    if (state == State.STOPPED) {
      throw notRunning();
    }
    return run;
  }

  private ContainerRun.Place place(ContainerRun of) {
    return join(of.launched, null);
  }

  private static InetAddress addressOf(ContainerRun.Place place) {
    return place
        .address()
        .orElseThrow(() ->
            new HoldfastException(
                ErrorCode.CONTAINER_START_FAILED,
                "container " + place.id() + " ended as soon as it was started"));
  }

  private void awaitEnd(ContainerRun ending) {
    synchronized (this) {
      if (state == State.STOPPED) {
        return;
      }
    }
    try {
      join(ending.ended, null);
    } catch (HoldfastException e) {
      log.debug("{}: the container never ran", address, e);
    }
  }

  private HoldfastException notRunning() {
    return new HoldfastException(
        ErrorCode.CONTAINER_NOT_RUNNING, "the container of object " + address + " is not running");
  }

  private void inBackground(String what, Runnable task) {
    Thread.ofVirtual()
        .name("container-" + what)
        .start(() -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            log.warn("{}: container {} failed", address, what, e);
          }
        });
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private <T> T join(CompletableFuture<T> future, @Nullable Duration timeout) {
    try {
      return timeout == null ? future.get() : future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HoldfastException known) {
        throw known;
      }
      throw new HoldfastException(ErrorCode.INTERNAL, "unexpected: " + e.getCause(), e.getCause());
    } catch (TimeoutException e) {
      throw new HoldfastException(
          ErrorCode.TIMEOUT,
          "the container of object " + address + " did not start within " + timeout,
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(
          ErrorCode.OBJECT_UNAVAILABLE, "interrupted while waiting for the container", e);
    }
  }
}
