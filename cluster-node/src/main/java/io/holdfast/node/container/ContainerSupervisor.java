package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.StartedContainer;
import io.holdfast.node.container.ContainerLifecycle.Action;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.StartOptions;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.spi.socket.CloseCodes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
  private static final int SIGKILL = 9;
  private static final Duration KILL_MAX = Duration.ofSeconds(10);
  private static final Duration GRACE_MAX = Duration.ofDays(1);
  private static final Duration LOGS_MAX = Duration.ofSeconds(5);

  private final ObjectAddress address;
  private final ContainerHost host;
  private final ContainerOwnerHooks hooks;
  private final boolean hooked;

  // Guarded by this.
  private final IdleClock idle;
  private State state = State.STOPPED;
  private Instant lastChange;
  private @Nullable ContainerExit lastExit;
  private @Nullable ContainerRun run;
  private boolean expiring;
  private boolean retired;

  ContainerSupervisor(
      ObjectAddress address, ContainerHost host, ContainerOwnerHooks hooks, boolean hooked) {
    this.address = address;
    this.host = host;
    this.hooks = hooks;
    this.hooked = hooked;
    this.idle = new IdleClock(host.timer(), this::onIdleAlarm);
    this.lastChange = host.clock().instant();
  }

  // ---- orders
  // -------------------------------------------------------------------------------------------------

  /// Orders the start and returns at once. The engine is asked once `permitted` completes.
  ///
  /// @throws HoldfastException `wrong_state` when it runs, starts or stops
  public void start(StartOptions options, CompletableFuture<Void> permitted) {
    ContainerRun started = new ContainerRun();
    synchronized (this) {
      if (retired) {
        throw new HoldfastException(
            ErrorCode.OBJECT_UNAVAILABLE, "object " + address + " is leaving memory");
      }
      if (step(Event.START_ORDERED) != Action.LAUNCH) {
        throw new HoldfastException(
            ErrorCode.WRONG_STATE,
            "start() cannot be called on a container that is already running.");
      }
      run = started;
      lastExit = null;
    }
    inBackground("launch", () -> launch(started, options, permitted));
  }

  /// Sends a signal; waits for the start.
  public void signal(int number) {
    if (number < 1 || number > 64) {
      throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "Invalid signal number.");
    }
    ContainerRun signalled = current(() -> cannot("signal()"));
    try {
      host.engine().signal(place(signalled).id(), number);
    } catch (HoldfastException e) {
      throw e.code() == ErrorCode.CONTAINER_NOT_RUNNING ? cannot("signal()") : e;
    }
  }

  /// Lets what is in flight end, then SIGTERM, then SIGKILL, all within the grace; waits until it
  /// is gone. An engine that does not answer is asked until it does.
  public void stop(Duration grace) {
    end(Event.STOP_ORDERED, grace.compareTo(GRACE_MAX) < 0 ? grace : GRACE_MAX, () -> true);
  }

  /// SIGKILL; waits until it is gone. An engine that does not answer is asked until it does.
  public void destroy() {
    end(Event.DESTROY_ORDERED, Duration.ZERO, () -> true);
  }

  private void end(Event order, Duration grace, BooleanSupplier condition) {
    ContainerRun ending = order(order, grace, condition);
    if (ending != null) {
      awaitEnd(ending);
    }
  }

  /** Null when there is nothing to end, or the condition does not hold. */
  private synchronized @Nullable ContainerRun order(
      Event order, Duration grace, BooleanSupplier condition) {
    ContainerRun ending = run;
    if (ending == null || state == State.STOPPED || !condition.getAsBoolean()) {
      return null;
    }
    ending.endWanted = true;
    switch (step(order)) {
      case TERMINATE -> inBackground("stop", () -> terminate(ending, grace));
      case KILL -> inBackground("kill", () -> kill(ending));
      case NONE, LAUNCH, WATCH, WATCH_AND_KILL, REPORT_FAILURE, REPORT_EXIT, REFUSE -> {}
    }
    return ending;
  }

  // ---- questions
  // ----------------------------------------------------------------------------------------------

  public synchronized boolean running() {
    return state != State.STOPPED;
  }

  /// Whether the run of now was marked as prepared, or was adopted.
  public synchronized boolean prepared() {
    return run != null && run.prepared;
  }

  public synchronized void markPrepared() {
    if (run != null) {
      run.prepared = true;
    }
  }

  public synchronized ContainerState state() {
    return switch (state) {
      case STARTING -> described(ContainerState.Status.STARTING);
      case RUNNING ->
          described(
              run != null && run.ready
                  ? ContainerState.Status.HEALTHY
                  : ContainerState.Status.RUNNING);
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

  /// Waits for the end of the current run; of the last one, when nobody was told how that ended.
  public ContainerExit monitor() {
    ContainerRun watched = currentOrUntold(() -> cannot("monitor()"));
    ContainerExit exit = join(watched.ended, null);
    told(watched);
    return exit;
  }

  /// Waits until the container answers; that counts as use of it.
  ///
  /// @throws HoldfastException `container_not_running` when it was told to end first
  public void awaitReady(Readiness readiness, Duration timeout) {
    ContainerRun watched = currentOrUntold(this::notRunning);
    long deadline = System.nanoTime() + timeout.toNanos();
    synchronized (this) {
      watched.probes++;
      watchIdleness();
    }
    try {
      awaitReady(watched, readiness, timeout, deadline);
    } catch (HoldfastException e) {
      throw wasStopped(watched) && !watched.neverRan() ? notRunning() : e;
    } finally {
      synchronized (this) {
        watched.probes--;
        idle.touch();
        watchIdleness();
        notifyAll();
      }
    }
  }

  private void awaitReady(
      ContainerRun watched, Readiness readiness, Duration timeout, long deadlineNanos) {
    ContainerRun.Place place = join(watched.launched, timeout);
    if (wasStopped(watched)) {
      throw notRunning();
    }
    if (readiness instanceof Readiness.Running) {
      return;
    }
    Duration left = Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime()));
    if (place.address().isEmpty() || watched.exited.isDone()) {
      throw host.probe().endedFirst(place.id(), readiness, join(watched.exited, left));
    }
    host.probe().await(place.id(), place.address().get(), readiness, left, watched.exited);
    watched.ready = true;
  }

  private synchronized boolean wasStopped(ContainerRun watched) {
    return watched.endWanted;
  }

  private synchronized ContainerRun current(Supplier<HoldfastException> otherwise) {
    ContainerRun now = run;
    if (now == null || state == State.STOPPED) {
      throw otherwise.get();
    }
    return now;
  }

  /** The last run counts while there is something of it to tell. */
  private synchronized ContainerRun currentOrUntold(Supplier<HoldfastException> otherwise) {
    ContainerRun last = run;
    if (last == null || (state == State.STOPPED && last.endTold && !last.neverRan())) {
      throw otherwise.get();
    }
    return last;
  }

  private synchronized void told(ContainerRun of) {
    of.endTold = true;
  }

  // ---- traffic
  // ------------------------------------------------------------------------------------------------

  /// Sends a request to a port; until its response is read or closed it counts as in flight.
  ///
  /// @throws HoldfastException `container_not_running` only when nothing was sent
  public Response fetch(int port, Request request) {
    ContainerRun used = enter();
    AtomicBoolean left = new AtomicBoolean();
    Runnable leave =
        () -> {
          if (left.compareAndSet(false, true)) {
            leave(used);
          }
        };
    try {
      Response response = host.http().fetch(endpoint(used, port), request);
      if (response.webSocket().isPresent()) {
        return relayed(used, response, response.webSocket().get(), leave);
      }
      if (response.body().buffered().isPresent()) {
        leave.run();
        return response;
      }
      return response.withBody(CountedBody.of(response.body(), leave));
    } catch (RuntimeException | Error e) {
      if (e instanceof HoldfastException fault
          && fault.code() == ErrorCode.CONTAINER_NOT_LISTENING) {
        used.ready = false;
      }
      leave.run();
      throw e;
    }
  }

  /** An open WebSocket is in flight. */
  private Response relayed(ContainerRun used, Response response, WebSocket socket, Runnable leave) {
    SocketRelay relay = SocketRelay.of(socket, leave, host.timer());
    synchronized (this) {
      used.sockets.removeIf(SocketRelay::isOver);
      used.sockets.add(relay);
    }
    return Response.webSocket(relay.socket()).withHeaders(response.headers());
  }

  private InetSocketAddress endpoint(ContainerRun used, int port) {
    InetAddress at = place(used).address().orElseThrow(this::notRunning);
    if (wasStopped(used) || !host.addresses().leadsTo(at, used)) {
      throw notRunning();
    }
    return new InetSocketAddress(at, port);
  }

  private synchronized ContainerRun enter() {
    ContainerRun used = run;
    if (used == null || state == State.STOPPING) {
      throw notRunning();
    }
    if (state == State.STOPPED) {
      throw used.neverRan() ? failureOf(used) : notRunning();
    }
    used.inFlight++;
    used.endWhenUnused = false;
    idle.touch();
    return used;
  }

  private synchronized void leave(ContainerRun used) {
    used.inFlight--;
    idle.touch();
    if (used.inFlight == 0) {
      notifyAll();
      watchIdleness();
      if (used.endWhenUnused) {
        order(Event.DESTROY_ORDERED, Duration.ZERO, () -> run == used);
      }
    }
  }

  // ---- inactivity
  // ---------------------------------------------------------------------------------------------

  public synchronized void inactivityTimeout(Duration timeout) {
    if (idle.timeout(timeout)) {
      watchIdleness();
    }
  }

  public synchronized void renewActivity() {
    idle.touch();
  }

  /// The object leaves memory. Its container goes on when there is someone to put it to sleep, else
  /// it is told to end now, or once nothing is in flight. Does not wait.
  void objectLeaves() {
    ContainerRun unused =
        order(
            Event.DESTROY_ORDERED,
            Duration.ZERO,
            () -> !hooked && !idle.hasTimeout() && unusedElseEndsLater());
    log.debug("{}: left memory, its container {}", address, unused == null ? "goes on" : "ends");
  }

  /** Called with the monitor held. */
  private boolean unusedElseEndsLater() {
    if (run != null && run.inFlight > 0) {
      run.endWhenUnused = true;
      return false;
    }
    return true;
  }

  /// When nothing runs, this supervisor starts nothing any more, and can be dropped.
  ///
  /// @return whether it can
  synchronized boolean retire() {
    retired = state == State.STOPPED;
    return retired;
  }

  /** Called with the monitor held. */
  private void watchIdleness() {
    idle.disarm();
    if (isUnused() && !expiring && !host.isClosed()) {
      idle.arm();
    }
  }

  /** Called with the monitor held. */
  private boolean isUnused() {
    return state == State.RUNNING && run != null && run.inFlight == 0 && run.probes == 0;
  }

  private synchronized boolean isIdle() {
    return isUnused() && idle.expired();
  }

  private void onIdleAlarm() {
    synchronized (this) {
      if (!isIdle()) {
        watchIdleness();
        return;
      }
    }
    if (!host.isClosed()) {
      inBackground("sleep", () -> expire(this::isIdle));
    }
  }

  /// What happens to an idle container happens now; if it runs on, it is stopped. Waits until the
  /// object has heard of its end.
  void sleepNow(Duration grace) {
    ContainerRun sleeping;
    boolean stopped;
    synchronized (this) {
      sleeping = run;
      stopped = state == State.STOPPED;
    }
    if (sleeping == null) {
      return;
    }
    if (!stopped) {
      expire(() -> true);
      awaitUntil(() -> !expiring, System.nanoTime() + Long.MAX_VALUE / 2);
      stop(grace);
    }
    join(sleeping.settled, null);
  }

  /** One at a time. */
  private void expire(BooleanSupplier still) {
    synchronized (this) {
      if (expiring) {
        return;
      }
      expiring = true;
    }
    log.debug("{}: container goes to sleep", address);
    try {
      if (hooked) {
        join(hooks.idle(still), null);
      } else {
        end(Event.STOP_ORDERED, host.stopGrace(), still);
      }
    } catch (RuntimeException e) {
      log.warn("{}: putting the container to sleep failed: {}", address, e.getMessage());
    } finally {
      synchronized (this) {
        expiring = false;
        notifyAll();
        idle.touch();
        watchIdleness();
      }
    }
  }

  // ---- what the life cycle asks for: start
  // ---------------------------------------------------------------------------

  /** Called with the monitor held. */
  private Action step(Event event) {
    ContainerLifecycle.Transition transition = ContainerLifecycle.next(state, event);
    if (transition.next() != state) {
      log.debug("{}: container {} -> {} by {}", address, state, transition.next(), event);
      host.changed(state, transition.next());
      state = transition.next();
      lastChange = host.clock().instant();
    }
    return transition.action();
  }

  private void launch(
      ContainerRun started, StartOptions options, CompletableFuture<Void> permitted) {
    long begun = System.nanoTime();
    Optional<ContainerRun.Place> place;
    try {
      join(permitted, null);
      host.inventory().adopt();
      place = started.launched.isDone() ? Optional.empty() : Optional.of(ask(options));
    } catch (RuntimeException | Error e) {
      if (!started.launched.isDone()) {
        host.metrics().startFailed();
        failed(started, e);
      }
      return;
    }
    place.ifPresent(at -> {
      host.metrics().started(System.nanoTime() - begun);
      runs(Event.LAUNCHED, started, at);
    });
  }

  private ContainerRun.Place ask(StartOptions options) {
    host.takeInstance(address.namespace());
    ContainerOwner owner = host.newOwner(address);
    host.inventory().wants(owner);
    try {
      StartedContainer container = startPatiently(host.spec(address, owner, options));
      return new ContainerRun.Place(owner, container.id(), container.address());
    } catch (RuntimeException | Error e) {
      host.releaseInstance(address.namespace());
      host.inventory().wantsNoMore(owner);
      if (e instanceof HoldfastException fault && fault.code() == ErrorCode.ENGINE_UNAVAILABLE) {
        host.inventory().cleanSoon();
      }
      throw e;
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
        pause(host.retryPause().multipliedBy(attempt));
      }
    }
  }

  private void runs(Event event, ContainerRun started, ContainerRun.Place place) {
    Action action;
    synchronized (this) {
      action = step(event);
      idle.touch();
      watchIdleness();
    }
    place.address().ifPresent(at -> host.addresses().enter(at, started));
    started.launched.complete(place);
    inBackground("watch", () -> watch(started, place));
    if (action == Action.WATCH_AND_KILL) {
      inBackground("kill", () -> kill(started));
    }
  }

  private void failed(ContainerRun started, Throwable error) {
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
      started.launched.completeExceptionally(reason);
      started.exited.completeExceptionally(reason);
      started.ended.completeExceptionally(reason);
    }
    started.settled.complete(null);
  }

  // ---- what the life cycle asks for: end
  // ---------------------------------------------------------------------------

  private void terminate(ContainerRun ending, Duration grace) {
    long deadline = System.nanoTime() + grace.toNanos();
    closeSockets(ending);
    awaitUntil(() -> ending.inFlight == 0 || state == State.STOPPED || run != ending, deadline);
    Duration atLeast = grace.compareTo(Duration.ofSeconds(1)) < 0 ? grace : Duration.ofSeconds(1);
    insist(
        ending,
        id -> {
          Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
          host.engine().stop(id, left.compareTo(atLeast) < 0 ? atLeast : left);
        });
  }

  /** Requests end by themselves, WebSockets do not. */
  private void closeSockets(ContainerRun ending) {
    List<SocketRelay> open;
    synchronized (this) {
      open = List.copyOf(ending.sockets);
      ending.sockets.clear();
    }
    open.forEach(relay -> relay.close(CloseCodes.GOING_AWAY, "The container is stopping."));
  }

  /**
   * The container stays on the engine until the object knows of its end. One that does not die, as
   * when someone has paused it, is removed.
   */
  private void kill(ContainerRun killed) {
    boolean neverRan = killed.launched.handle((place, error) -> error != null).join();
    if (neverRan) {
      return;
    }
    insist(killed, id -> host.engine().signal(id, SIGKILL));
    try {
      join(killed.exited, KILL_MAX);
    } catch (HoldfastException e) {
      insist(killed, host.engine()::destroy);
    }
  }

  /** Repeats an order until the engine takes it or the container has ended. */
  private void insist(ContainerRun on, Consumer<ContainerId> order) {
    ContainerId id = place(on).id();
    while (!on.exited.isDone() && !host.isClosed()) {
      try {
        order.accept(id);
        return;
      } catch (RuntimeException e) {
        if (e instanceof HoldfastException fault
            && fault.code() == ErrorCode.CONTAINER_NOT_RUNNING) {
          return;
        }
        log.warn("{}: container {} cannot be ended yet: {}", address, id, e.getMessage());
        pause(host.retryPause());
      }
    }
  }

  private void watch(ContainerRun watched, ContainerRun.Place place) {
    while (!host.isClosed()) {
      ExitReason reason;
      try {
        reason = host.engine().awaitExit(place.id());
      } catch (RuntimeException e) {
        log.debug("{}: lost sight of container {}", address, place.id(), e);
        pause(host.retryPause());
        continue;
      }
      exited(watched, place, reason);
      return;
    }
    HoldfastException closed =
        new HoldfastException(ErrorCode.ENGINE_UNAVAILABLE, "the node shuts down");
    watched.ended.completeExceptionally(closed);
    watched.settled.completeExceptionally(closed);
  }

  private void exited(ContainerRun watched, ContainerRun.Place place, ExitReason reason) {
    ContainerExit exit;
    synchronized (this) {
      exit = watched.exit(reason);
      lastExit = exit;
      host.releaseInstance(address.namespace());
      step(Event.EXITED);
      idle.disarm();
      notifyAll();
    }
    log.debug("{}: container {} ended: {}", address, place.id(), reason.text());
    watched.exited.complete(reason);
    place.address().ifPresent(at -> host.addresses().leave(at, watched));
    watched.ended.complete(exit);
    report(exit);
    awaitUntil(() -> watched.probes == 0, System.nanoTime() + LOGS_MAX.toNanos());
    remove(place);
    watched.settled.complete(null);
  }

  /**
   * The stopped container stays on the engine until the object knows: a crash in between repeats
   * the report.
   */
  private void report(ContainerExit exit) {
    tell("onStop", () -> hooks.ended(exit));
  }

  private void tell(String what, Supplier<CompletableFuture<?>> hook) {
    for (int attempt = 1; attempt <= REPORT_TRIES && !host.isClosed(); attempt++) {
      try {
        join(hook.get(), null);
        return;
      } catch (RuntimeException e) {
        log.warn(
            "{}: {} failed ({} of {}): {}", address, what, attempt, REPORT_TRIES, e.getMessage());
        pause(host.retryPause().multipliedBy(1L << attempt));
      }
    }
  }

  private void remove(ContainerRun.Place place) {
    if (host.isClosed()) {
      return;
    }
    try {
      host.engine().destroy(place.id());
    } catch (RuntimeException e) {
      log.warn("{}: container {} is removed later: {}", address, place.id(), e.getMessage());
      host.inventory().cleanSoon();
    }
    host.inventory().wantsNoMore(place.owner());
  }

  // ---- adoption
  // -----------------------------------------------------------------------------------------------

  /// Takes over a container that an earlier life of this node started and that runs.
  ///
  /// @return false when this supervisor is retired
  boolean foundRunning(ContainerRun.Place place) {
    ContainerRun adopted;
    synchronized (this) {
      if (retired) {
        return false;
      }
      ContainerRun ordered = run;
      adopted = ordered == null || state == State.STOPPED ? adoptedRun() : ordered;
      run = adopted;
    }
    runs(Event.FOUND_RUNNING, adopted, place);
    inBackground("found", () -> tell("the container found running", hooks::found));
    return true;
  }

  private static ContainerRun adoptedRun() {
    ContainerRun adopted = new ContainerRun();
    adopted.prepared = true;
    return adopted;
  }

  /// Tells the object of the end of a container that an earlier life of this node started.
  void foundEnded(ContainerRun.Place place, ExitReason reason) {
    ContainerExit exit = new ContainerRun().exit(reason);
    synchronized (this) {
      if (step(Event.FOUND_ENDED) == Action.REPORT_EXIT && state == State.STOPPED) {
        lastExit = exit;
      }
    }
    inBackground(
        "report",
        () -> {
          report(exit);
          remove(place);
        });
  }

  // ---- waiting
  // ------------------------------------------------------------------------------------------------

  private ContainerRun.Place place(ContainerRun of) {
    return join(of.launched, null);
  }

  private HoldfastException failureOf(ContainerRun of) {
    return of.launched.exceptionNow() instanceof HoldfastException known ? known : notRunning();
  }

  private void awaitEnd(ContainerRun ending) {
    try {
      join(ending.ended, null);
      told(ending);
    } catch (HoldfastException e) {
      if (!ending.neverRan()) {
        throw e;
      }
    }
  }

  private HoldfastException notRunning() {
    return new HoldfastException(
        ErrorCode.CONTAINER_NOT_RUNNING, "the container of object " + address + " is not running");
  }

  private static HoldfastException cannot(String verb) {
    return new HoldfastException(
        ErrorCode.WRONG_STATE, verb + " cannot be called on a container that is not running.");
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

  /** The condition is asked with the monitor held, whenever something has changed. */
  private synchronized void awaitUntil(BooleanSupplier condition, long deadlineNanos) {
    while (!condition.getAsBoolean()) {
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
