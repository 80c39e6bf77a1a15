package io.holdfast.sdk;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The container of an object, low level; [Container] builds on it.
///
/// Thread rule: only on the threads that run the object's events. While a method waits, other
/// events may enter.
public interface ContainerHandle {
  /// True from [#start] on until the exit was observed; says nothing about readiness.
  boolean running();

  /// Orders the start and returns at once; failures show in [#monitor], [#awaitReady] and requests
  /// until the next start.
  ///
  /// @throws HoldfastException `wrong_state` "start() cannot be called on a container that is
  ///   already running."
  default void start(StartOptions options) {
    start(options, OutboundConfig.internet(options.enableInternet()));
  }

  /// As [#start(StartOptions)], with more to say about what the container may reach;
  /// [StartOptions#enableInternet()] does not count.
  ///
  /// @throws HoldfastException `invalid_argument` for a host that is none
  void start(StartOptions options, OutboundConfig outbound);

  /// Whether [#markPrepared()] was called since the start, by this life of the object or an earlier
  /// one; true for a container that was taken over after the node had died.
  boolean prepared();

  /// Notes that the container was set up after its start and is ready to be used; does nothing when
  /// it is not running. [Container] does so after `onStart`.
  void markPrepared();

  /// Waits until the container has ended. When it was quicker, tells once how it ended.
  ///
  /// Throws also the error of [#destroy(RuntimeException)], and `engine_unavailable` when it was
  /// told to end and the engine does not answer for some seconds.
  ///
  /// @return how it ended, with code 0 or by [#destroy()]
  /// @throws ContainerExitException when it ended with another code
  /// @throws HoldfastException `wrong_state` when it is not running; `container_start_failed` and
  ///   its like when it never came to run
  ContainerExit monitor();

  /// Waits until the container answers.
  ///
  /// @throws HoldfastException `container_not_listening` after the timeout,
  ///   `container_start_failed` when it could not be started or ended meanwhile,
  ///   `container_not_running` when it was told to end meanwhile, `container_no_capacity`,
  ///   `image_not_found`, `engine_unavailable`
  void awaitReady(Readiness readiness, Duration timeout);

  /// A port of the container; it need not be declared anywhere.
  ///
  /// @throws HoldfastException `invalid_argument` outside 1 to 65,535
  ContainerPort port(int port);

  /// Runs a command in the container and returns once its process runs; waits for the start of the
  /// container. No shell is involved. While it runs and the object is in memory it counts as in
  /// flight; when the object leaves memory, what the command writes is dropped.
  ///
  /// @param command the program and its arguments
  /// @throws HoldfastException `wrong_state` when the container is not running; `invalid_argument`
  ///   when there is no such program, folder or user
  ContainerProcess exec(List<String> command, ExecOptions options);

  /// Sends a signal, 1 to 64; waits for the start.
  ///
  /// @throws HoldfastException `invalid_argument` "Invalid signal number.", `wrong_state` when it
  ///   is not running
  void signal(int number);

  /// Lets requests in flight end, then SIGTERM, then SIGKILL after the grace; returns when the
  /// container has ended. Returns at once when it is not running. A grace above one day is one day.
  ///
  /// @throws HoldfastException `engine_unavailable` when the engine does not answer for some
  ///   seconds; it is told again until it does
  void stop(Duration grace);

  /// SIGKILL; on return [#running()] is false. Returns at once when it is not running.
  ///
  /// @throws HoldfastException as [#stop(Duration)]
  void destroy();

  /// As the other; who waits in [#monitor] gets the error.
  void destroy(RuntimeException error);

  /// What it was made of; empty when it is not running.
  Optional<ContainerInspection> inspect();

  /// Other labels from now on, see [StartOptions]. The engine keeps those of the start.
  ///
  /// @throws HoldfastException `wrong_state` when it is not running; `invalid_argument`
  void setLabels(Map<String, String> labels);

  /// Keeps the file system of the container as it is now: what differs from its image. All its
  /// processes are frozen meanwhile, and who uses it waits. Not in it: memory, tmpfs mounts,
  /// devices and sockets.
  ///
  /// @param name for people, up to 128 characters; empty for none
  /// @throws HoldfastException `wrong_state` when it is not running, or is told to end meanwhile;
  ///   `archive_too_large`, `archive_failed`, `storage_full`, `engine_unavailable`
  ContainerSnapshot snapshotContainer(String name);

  /// As [#snapshotContainer], of one directory.
  ///
  /// @param directory an absolute path, not `/`
  /// @throws HoldfastException also `invalid_argument` when there is no such path
  DirectorySnapshot snapshotDirectory(String directory, String name);

  /// The container as the engine has it.
  ContainerState state();

  /// Stops the container (SIGTERM, grace, SIGKILL) once nothing was in flight for that long; the
  /// clock goes on while the object is out of memory. For a [Container], `onActivityExpired` runs
  /// instead.
  ///
  /// @throws HoldfastException `invalid_argument` when not positive
  void setInactivityTimeout(Duration timeout);

  /// As the other; with [SleepMode#PAUSE] the container is frozen first, and what is said there
  /// happens when it was frozen for that long. What cannot be frozen, because as many are as may be
  /// or the engine does not do it, is not.
  ///
  /// @throws HoldfastException `invalid_argument` when a duration is not positive
  void setInactivityTimeout(Duration timeout, SleepMode mode, Duration pausedFor);

  /// Starts the inactivity clock anew.
  void renewActivity();

  // ---- what the container may reach
  // -----------------------------------------------------------------------------

  /// Requests of the container by plain HTTP to an address are answered by a handler of the class,
  /// see [OutboundHandlers]. May be called before or after the start, and counts from the next
  /// request on, also on connections that are open. Kept with the object; it can be replaced, not
  /// removed.
  ///
  /// @param address a host, a glob, an IPv4 address or a CIDR range, each also with `:80`
  /// @throws HoldfastException `invalid_argument` when that is none of these, or the class has no
  ///   handler of that name
  default void interceptOutboundHttp(String address, OutboundRef handler) {
    outboundRules(outboundRules().intercept(OutboundRules.Scheme.HTTP, address, handler));
  }

  /// As [#interceptOutboundHttp], for all that no handler of a host takes.
  default void interceptAllOutboundHttp(OutboundRef handler) {
    interceptOutboundHttp("*", handler);
  }

  /// As [#interceptOutboundHttp], for HTTPS: the node ends TLS with a certificate of its own. The
  /// container must trust `/etc/cloudflare/certs/cloudflare-containers-ca.crt`.
  ///
  /// @param hostGlob a host or a glob, also with `:443`
  default void interceptOutboundHttps(String hostGlob, OutboundRef handler) {
    outboundRules(outboundRules().intercept(OutboundRules.Scheme.HTTPS, hostGlob, handler));
  }

  /// What was changed at run time.
  OutboundRules outboundRules();

  /// Replaces what was changed at run time; counts from the next request on, also on connections
  /// that are open. Stored with the object's own writes.
  ///
  /// @throws HoldfastException `invalid_argument` when the class has no handler of a name in it;
  ///   `wrong_state` when the running container cannot be held to it, because it was started
  ///   without the gate that rules need (see [Container#allowedHosts])
  void outboundRules(OutboundRules rules);
}
