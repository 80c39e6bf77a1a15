package io.holdfast.sdk;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A durable object that owns a container: starts it on demand, sends requests on to it, puts it to
/// sleep.
///
/// ```java
/// public final class Box extends Container {
///   public Box(ObjectContext ctx, Env env) {
///     super(ctx, env);
///     defaultPort = 8080;
///     sleepAfter = Duration.ofMinutes(2);
///   }
/// }
/// ```
///
/// Set the fields in the constructor; they are read at each use. Hooks run as events of the object:
/// one at a time, with storage. A container that sleeps loses its file system, but for the
/// `persistentPaths` of the app descriptor: fetch what else must survive in [#onActivityExpired()]
/// and keep it in [Storage].
public class Container extends DurableObject implements ContainerControl {
  /// The header by which [#switchPort] chooses a port.
  public static final String TARGET_PORT_HEADER = "cf-container-target-port";

  /// The port that [#fetch] sends to; 0 means none.
  protected int defaultPort = 0;

  /// Ports that must answer before the container counts as ready; empty means `defaultPort`.
  protected List<Integer> requiredPorts = List.of();

  /// How long nothing must be in flight until [#onActivityExpired()] runs.
  protected Duration sleepAfter = Duration.ofMinutes(10);

  /// What happens then. With [SleepMode#PAUSE] the container is frozen first, without a word to the
  /// object, and goes on in place with the next request; [#onActivityExpired()] runs when it was
  /// frozen for [#pausedFor].
  protected SleepMode sleepMode = SleepMode.STOP;

  /// How long a container may stay frozen, with its memory taken; only with [SleepMode#PAUSE].
  protected Duration pausedFor = Duration.ofMinutes(30);

  /// Environment variables of the container.
  protected Map<String, String> envVars = Map.of();

  /// The program and its arguments; `null` means the image's.
  protected @Nullable List<String> entrypoint = null;

  /// Whether the container may reach the internet.
  protected boolean enableInternet = true;

  /// The only hosts that the container may reach, also when [#enableInternet] is false; `null`: no
  /// such limit. Names, IPv4 addresses, CIDR ranges and globs such as `*.example.com`.
  ///
  /// With this, with [#deniedHosts] or with [OutboundHandlers] a container is started behind the
  /// gate, where rules can be changed while it runs; a class that has none of these, and wants to
  /// change them, says `List.of("*")` (everything by HTTP and HTTPS) or `List.of()` (nothing).
  protected @Nullable List<String> allowedHosts = null;

  /// Hosts that it may never reach, whatever else is said.
  protected List<String> deniedHosts = List.of();

  /// Whether its HTTPS is decrypted at the node, so that [OutboundHandlers] and answers of 520
  /// reach it too. The container must trust `/etc/cloudflare/certs/cloudflare-containers-ca.crt`.
  protected boolean interceptHttps = false;

  /// Labels for metrics, see [StartOptions].
  protected Map<String, String> labels = Map.of();

  /// A path whose answer tells that the container is ready; `null`: any HTTP answer will do.
  protected @Nullable String healthPath = null;

  /// What else must hold before the container counts as ready, asked in this order after its ports.
  protected List<ReadyCheck> readyOn = List.of();

  /// How long a start may take until each port answers and each of [#readyOn] holds.
  protected Duration readyTimeout = Duration.ofSeconds(20);

  /// How long the process has between SIGTERM and SIGKILL.
  protected Duration stopGrace = Duration.ofSeconds(15);

  /** How often a request that never reached the container begins anew. */
  private static final int FETCH_TRIES = 5;

  /** Between two questions of a check. */
  private static final Duration CHECK_PAUSE = Duration.ofMillis(50);

  private final ContainerHandle handle;

  // Touched only in turns of the object.
  private Set<Integer> readyPorts = new HashSet<>();
  private boolean checked;
  private boolean inOnStart;
  private @Nullable CompletableFuture<Void> startInProgress;

  public Container(ObjectContext ctx, Env env) {
    super(ctx, env);
    this.handle =
        ctx.container()
            .orElseThrow(() ->
                new HoldfastException(
                    ErrorCode.WRONG_STATE,
                    "Containers have not been enabled for this Durable Object class: its entry in the app"
                        + " descriptor has no \"container\""));
  }

  /// The low-level container.
  protected final ContainerHandle handle() {
    return handle;
  }

  // ---- hooks, for subclasses
  // ----------------------------------------------------------------------------------

  /// Runs after each start, before the first request is sent on; nothing else enters the object
  /// meanwhile. When it throws, the container is destroyed and the object reset. When the object is
  /// reset meanwhile for another reason, it runs again.
  public void onStart() throws Exception {}

  /// Runs at least once after each end of the container, whoever ended it, also when the object was
  /// out of memory.
  public void onStop(ContainerExit exit) throws Exception {}

  /// Runs when a start failed or the container did not become ready in time; what it throws the
  /// caller sees. By default the error itself. An end after that is told by [#onStop].
  public void onError(Exception error) throws Exception {
    throw error;
  }

  /// Runs when nothing was in flight for [#sleepAfter]; by default stops the container. If it goes
  /// on running, the clock starts anew.
  public void onActivityExpired() throws Exception {
    stop();
  }

  /// How the container is started when nobody says otherwise, and where [#start(StartOptions)]
  /// leaves something empty; by default as the fields say. Override it to add what has no field,
  /// such as a hard timeout: `return super.startOptions().hardTimeout(Duration.ofHours(1))`.
  protected StartOptions startOptions() {
    StartOptions fromFields =
        StartOptions.DEFAULT.env(envVars).enableInternet(enableInternet).labels(labels);
    return entrypoint == null
        ? fromFields
        : fromFields.entrypoint(entrypoint.toArray(String[]::new));
  }

  // ---- what the object does
  // -----------------------------------------------------------------------------------

  /// Sends the request on to the container: to the port of the header of [#switchPort], else to
  /// [#defaultPort]. Starts the container when it does not run and waits until it is ready.
  @Override
  public Response fetch(Request request) throws Exception {
    Optional<String> wanted = request.header(TARGET_PORT_HEADER);
    if (wanted.isEmpty()) {
      return containerFetch(request);
    }
    Request plain = request.withHeaders(request.headers().without(TARGET_PORT_HEADER));
    return containerFetch(plain, parsePort(wanted.get()));
  }

  /// As [#containerFetch(Request, int)], with [#defaultPort].
  public final Response containerFetch(Request request) throws Exception {
    if (defaultPort == 0) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "No port configured for this container. Set the `defaultPort` in your Container subclass, or specify a port"
              + " when calling containerFetch().");
    }
    return containerFetch(request, defaultPort);
  }

  /// Sends a request to a port of the container; starts it when it does not run and waits until
  /// that port is ready. Each request in flight, until its response is read to the end, keeps the
  /// container awake.
  public final Response containerFetch(Request request, int port) throws Exception {
    ContainerPort target = handle.port(port);
    for (int left = FETCH_TRIES - 1; ; left--) {
      try {
        ensureStarted(null, Goal.ready(List.of(port)));
      } catch (HoldfastException e) {
        if (left == 0 || !wasStopped(e)) {
          throw e;
        }
        continue;
      }
      setInactivityTimeout();
      try {
        return target.fetch(request);
      } catch (HoldfastException e) {
        if (left == 0 || !(wasStopped(e) || e.code() == ErrorCode.CONTAINER_NOT_LISTENING)) {
          throw e;
        }
      }
    }
  }

  /** It was told to end, or had ended, before the request was sent. */
  private static boolean wasStopped(Exception e) {
    return e instanceof HoldfastException fault && fault.code() == ErrorCode.CONTAINER_NOT_RUNNING;
  }

  /// As [#containerFetch(Request, int)], but never starts the container.
  ///
  /// @return empty when the container is not running, or [#onStart()] has not yet run for it
  public final Optional<Response> fetchIfRunning(Request request, int port) {
    ContainerPort target = handle.port(port);
    CompletableFuture<Void> start = startInProgress;
    try {
      if (start != null) {
        join(start);
      }
      return runs() && mayBeUsed() && isReady(Goal.ready(List.of(port)))
          ? Optional.of(target.fetch(request))
          : Optional.empty();
    } catch (HoldfastException e) {
      if (wasStopped(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /// Runs a command in the container, see [ContainerHandle#exec]. Does not start the container.
  public final ContainerProcess exec(List<String> command, ExecOptions options) {
    return handle.exec(command, options);
  }

  /// As [#exec(List, ExecOptions)], with both outputs and without input.
  public final ContainerProcess exec(String... command) {
    return exec(List.of(command), ExecOptions.DEFAULT);
  }

  @Override
  public void start() {
    ensureStarted(null, Goal.RUNNING);
  }

  @Override
  public void start(StartOptions options) {
    ensureStarted(options, Goal.RUNNING);
  }

  @Override
  public void startAndWaitForPorts() {
    ensureStarted(null, Goal.ready(portsToWaitFor()));
  }

  @Override
  public void startAndWaitForPorts(StartOptions options, List<Integer> ports) {
    ensureStarted(options, Goal.ready(ports));
  }

  /// Waits until a port of the running container answers HTTP; does not start it. What goes wrong
  /// [#onError] is told first.
  ///
  /// @throws HoldfastException `container_not_listening` after that time; `container_start_failed`
  ///   when it ended meanwhile, with the end of its log; `container_not_running`
  public final void waitForPort(int port, Duration timeout) {
    try {
      handle.awaitReady(new Readiness.AnyHttp(port), timeout);
    } catch (HoldfastException e) {
      throw reported(e);
    }
  }

  @Override
  public void signal(int number) {
    handle.signal(number);
  }

  @Override
  public Optional<ContainerInspection> inspect() {
    return handle.inspect();
  }

  @Override
  public void stop() {
    if (handle.running()) {
      handle.stop(stopGrace);
    }
  }

  @Override
  public void destroy() {
    handle.destroy();
  }

  @Override
  public ContainerState state() {
    return handle.state();
  }

  // ---- calls at a later time
  // -----------------------------------------------------------------------------

  /// Calls a public method of this object at that time, see [Schedules].
  public final Schedule schedule(Instant time, String method, @Nullable Object... arguments) {
    return ctx.schedules().at(time, method, arguments);
  }

  /// Calls a public method of this object so long after now, see [Schedules].
  public final Schedule schedule(Duration delay, String method, @Nullable Object... arguments) {
    return ctx.schedules().after(delay, method, arguments);
  }

  /// One that is not yet due.
  public final Optional<Schedule> getSchedule(String id) {
    return ctx.schedules().get(id);
  }

  /// All that are not yet due, in the order of their times.
  public final List<Schedule> listSchedules() {
    return ctx.schedules().list();
  }

  /// Calls all off that call that method.
  ///
  /// @return how many
  public final int deleteSchedules(String method) {
    return ctx.schedules().cancelAll(method);
  }

  // ---- what the container may reach: changes at run time, kept with the object
  // -----------------------------------------------------------------------------

  /// From now on these are the only hosts that the container may reach, in place of
  /// [#allowedHosts].
  public final void setAllowedHosts(List<String> hosts) {
    handle.outboundRules(handle.outboundRules().allowedHosts(hosts));
  }

  /// From now on the container may not reach these hosts, in place of [#deniedHosts].
  public final void setDeniedHosts(List<String> hosts) {
    handle.outboundRules(handle.outboundRules().deniedHosts(hosts));
  }

  /// One more allowed host. The first one makes it the only one.
  public final void allowHost(String host) {
    setAllowedHosts(with(allowedNow(), host));
  }

  /// One allowed host less. Without the last one nothing is allowed.
  public final void removeAllowedHost(String host) {
    setAllowedHosts(without(allowedNow(), host));
  }

  /// One more denied host.
  public final void denyHost(String host) {
    setDeniedHosts(with(deniedNow(), host));
  }

  /// One denied host less.
  public final void removeDeniedHost(String host) {
    setDeniedHosts(without(deniedNow(), host));
  }

  /// From now on that handler takes what no handler of a host takes, before the one of the class.
  public final void setOutboundHandler(OutboundRef handler) {
    handle.outboundRules(handle.outboundRules().catchAll(handler));
  }

  /// From now on that handler takes the requests to a host, before those of the class.
  public final void setOutboundByHost(String host, OutboundRef handler) {
    handle.outboundRules(handle.outboundRules().byHost(host, handler));
  }

  /// Undoes [#setOutboundByHost].
  public final void removeOutboundByHost(String host) {
    handle.outboundRules(handle.outboundRules().withoutHost(host));
  }

  private OutboundConfig outboundConfig(boolean internet) {
    return OutboundConfig.of(internet, allowedHosts, deniedHosts, interceptHttps);
  }

  private List<String> allowedNow() {
    return handle
        .outboundRules()
        .allowedHosts()
        .orElseGet(() -> allowedHosts == null ? List.of() : allowedHosts);
  }

  private List<String> deniedNow() {
    return handle.outboundRules().deniedHosts().orElse(deniedHosts);
  }

  private static List<String> with(List<String> hosts, String host) {
    return Stream.concat(hosts.stream(), Stream.of(host)).distinct().toList();
  }

  private static List<String> without(List<String> hosts, String host) {
    return hosts.stream().filter(known -> !known.equals(host)).toList();
  }

  /// How long nothing must be in flight until [#onActivityExpired()] runs.
  public final Duration sleepAfter() {
    return sleepAfter;
  }

  /// What happens after that.
  public final SleepMode sleepMode() {
    return sleepMode;
  }

  /// How long a container may stay frozen.
  public final Duration pausedFor() {
    return pausedFor;
  }

  /** The fields may have changed. */
  private void setInactivityTimeout() {
    handle.setInactivityTimeout(sleepAfter, sleepMode, pausedFor);
  }

  /// Starts the clock of [#sleepAfter] anew.
  public final void renewActivityTimeout() {
    handle.renewActivity();
  }

  /// The one object of a namespace that needs just one.
  public static ObjectStub getContainer(ObjectNamespace namespace) {
    return getContainer(namespace, "cf-singleton-container");
  }

  /// The object of that name.
  public static ObjectStub getContainer(ObjectNamespace namespace, String name) {
    return namespace.getByName(name);
  }

  /// One of the objects `instance-0`, `instance-1` and so on, at random; whether it is well nobody
  /// asks.
  ///
  /// @param instances how many there are, 1 or more
  /// @throws HoldfastException `invalid_argument`
  public static ObjectStub getRandom(ObjectNamespace namespace, int instances) {
    if (instances < 1) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected 1 or more instances, found " + instances);
    }
    return namespace.getByName("instance-" + ThreadLocalRandom.current().nextInt(instances));
  }

  /// The same request, aimed at another port of the container.
  public static Request switchPort(Request request, int port) {
    return request.withHeader(TARGET_PORT_HEADER, Integer.toString(port));
  }

  // ---- starting, once for all who ask
  // -------------------------------------------------------------------------

  /**
   * What a start waits for.
   *
   * @param ports that must answer
   * @param ready whether {@link #readyOn} must hold
   */
  private record Goal(List<Integer> ports, boolean ready) {
    static final Goal RUNNING = new Goal(List.of(), false);

    static Goal ready(List<Integer> ports) {
      return new Goal(ports, true);
    }
  }

  private void ensureStarted(@Nullable StartOptions options, Goal goal) {
    boolean there = false;
    while (!there) {
      there = approach(options, goal);
    }
  }

  /** Goes one step towards a container that is ready; true when it is. */
  private boolean approach(@Nullable StartOptions options, Goal goal) {
    CompletableFuture<Void> other = startInProgress;
    if (other != null) {
      join(other);
      return false;
    }
    if (isStopping()) {
      awaitStopped();
      return false;
    }
    if (handle.running() && mayBeUsed()) {
      return isReady(goal);
    }
    bringUp(options == null ? startOptions() : options.orElse(startOptions()), goal);
    return true;
  }

  private void bringUp(StartOptions options, Goal goal) {
    CompletableFuture<Void> mine = new CompletableFuture<>();
    startInProgress = mine;
    try {
      if (!handle.running()) {
        forgetReadiness();
        handle.start(options, outboundConfig(options.enableInternet()));
      }
      setInactivityTimeout();
      awaitReady(goal);
      handle.awaitReady(new Readiness.Running(), readyTimeout);
      if (!handle.prepared()) {
        runOnStart(); // Else it was found running, prepared by an earlier life of its object.
      }
      mine.complete(null);
    } catch (Exception e) {
      RuntimeException seen = reported(e);
      mine.completeExceptionally(seen);
      throw seen;
    } catch (Error e) {
      mine.completeExceptionally(e);
      throw e;
    } finally {
      if (startInProgress == mine) {
        startInProgress = null;
      }
    }
  }

  /** Nothing else enters meanwhile, so what it sends to the container need not wait for itself. */
  private void runOnStart() throws Exception {
    ctx.blockConcurrencyWhile(() -> {
      startInProgress = null;
      inOnStart = true;
      try {
        onStart();
        handle.markPrepared();
      } catch (Throwable e) {
        destroyAfter(e);
        throw e;
      } finally {
        inOnStart = false;
      }
      return true;
    });
  }

  private void destroyAfter(Throwable failure) {
    try {
      handle.destroy();
    } catch (HoldfastException e) {
      failure.addSuppressed(e);
    }
  }

  private void join(CompletableFuture<Void> start) {
    try {
      ctx.blocking(start::get);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException known ? known : failed(e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw failed(e);
    }
  }

  private boolean isStopping() {
    return handle.state().status() == ContainerState.Status.STOPPING;
  }

  /** Requests reach a container that is prepared, and before that only those of onStart itself. */
  private boolean mayBeUsed() {
    return inOnStart || handle.prepared();
  }

  private boolean runs() {
    return handle.running() && !isStopping();
  }

  private void awaitStopped() {
    try {
      handle.monitor();
    } catch (HoldfastException e) {
      // It ended, or had ended before: which way is told by onStop. Had it, the one that stops now
      // is the next one already.
      if (isStopping() && e.code() != ErrorCode.WRONG_STATE) {
        throw e;
      }
    }
  }

  /** False when the container ended meanwhile. */
  private boolean isReady(Goal goal) {
    try {
      awaitReady(goal);
      return true;
    } catch (HoldfastException e) {
      if (runs()) {
        throw e;
      }
      return false;
    }
  }

  private void awaitReady(Goal goal) {
    ContainerState.Status status = handle.state().status();
    // One that is frozen answers when it goes on as it did before.
    if (status != ContainerState.Status.HEALTHY && status != ContainerState.Status.PAUSED) {
      forgetReadiness();
    }
    Set<Integer> ready = readyPorts;
    for (int port : goal.ports()) {
      if (!ready.contains(port)) {
        handle.awaitReady(
            healthPath == null ? new Readiness.AnyHttp(port) : new Readiness.Http(port, healthPath),
            readyTimeout);
        ready.add(port);
      }
    }
    if (goal.ready() && !checked) {
      readyOn.forEach(this::awaitCheck);
      checked = true;
    }
  }

  private void forgetReadiness() {
    readyPorts = new HashSet<>();
    checked = false;
  }

  private void awaitCheck(ReadyCheck check) {
    switch (check) {
      case ReadyCheck.Probe(Readiness readiness) -> handle.awaitReady(readiness, readyTimeout);
      case ReadyCheck.Custom(ReadyCheck.Test test) -> awaitTest(test);
    }
  }

  private void awaitTest(ReadyCheck.Test test) {
    handle.awaitReady(new Readiness.Running(), readyTimeout);
    long deadline = System.nanoTime() + readyTimeout.toNanos();
    while (!holds(test)) {
      if (!runs()) {
        throw endedWhileChecked(handle.state());
      }
      if (System.nanoTime() > deadline) {
        throw new HoldfastException(
            ErrorCode.CONTAINER_NOT_LISTENING,
            "the container was not ready within %d ms: a check of readyOn does not hold"
                .formatted(readyTimeout.toMillis()));
      }
      ctx.sleep(CHECK_PAUSE);
    }
  }

  private static HoldfastException endedWhileChecked(ContainerState state) {
    OptionalInt code = state.exitCode();
    return new HoldfastException(
        ErrorCode.CONTAINER_START_FAILED,
        "Container crashed while checking for readiness"
            + (code.isPresent() ? ": it ended with code " + code.getAsInt() : ""));
  }

  private boolean holds(ReadyCheck.Test test) {
    try {
      return test.holds(handle);
    } catch (Exception e) {
      return false; // The program may not be there yet.
    }
  }

  private List<Integer> portsToWaitFor() {
    if (!requiredPorts.isEmpty()) {
      return requiredPorts;
    }
    return defaultPort == 0 ? List.of() : List.of(defaultPort);
  }

  private RuntimeException reported(Exception error) {
    if (error instanceof HoldfastException fault && wasStopped(fault)) {
      return fault; // Somebody stopped it: nothing is wrong.
    }
    try {
      onError(error);
    } catch (RuntimeException e) {
      return e;
    } catch (Exception e) {
      return failed(e);
    }
    return error instanceof RuntimeException e ? e : failed(error);
  }

  private static HoldfastException failed(Exception e) {
    return new HoldfastException(
        ErrorCode.CONTAINER_START_FAILED, "Failed to start container: " + e.getMessage(), e);
  }

  private static int parsePort(String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a port number in header " + TARGET_PORT_HEADER + ", found '" + text + "'",
          e);
    }
  }
}
