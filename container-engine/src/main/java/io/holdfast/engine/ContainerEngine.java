package io.holdfast.engine;

import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.HoldfastException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/// Starts, watches and removes containers: the only way from Holdfast to an engine such as Docker.
///
/// Every verb blocks; call it on a virtual thread. An instance belongs to one [Deployment] and one
/// node; it never touches containers of another deployment. Faults are [HoldfastException]s:
///
/// - [ErrorCode#ENGINE_UNAVAILABLE] from every verb, when the engine does not answer; **the verb
///   may have taken effect all the same**. Every verb can then be repeated.
/// - [ErrorCode#CONTAINER_NOT_RUNNING] from the verbs that say so below.
///
/// A container's endpoint is its own address on the engine's network. No port is ever published on
/// the host.
public interface ContainerEngine extends AutoCloseable {

  /// Creates and starts one container, and returns when its process runs (not: when it listens).
  ///
  /// At most one container exists per [ContainerOwner#key()]. When one is there already, with the
  /// same epoch and the same [ContainerSpec#fingerprint()], and has not ended, it is the one
  /// returned ([StartedContainer.Origin#FOUND]): so a start whose reply was lost is repeated
  /// without harm. One of another epoch, of another specification, or that has exited is removed
  /// first, and a fresh one made.
  ///
  /// On any failure but `engine_unavailable` nothing is left behind.
  ///
  /// An image that the engine has not is pulled first, see [#pull].
  ///
  /// @throws HoldfastException what [#pull] throws; `container_start_failed` (entrypoint missing,
  ///   limits refused, with the engine's own words); `container_no_capacity` when the engine has no
  ///   address or memory left; `invalid_argument` when the runtime is none that may be asked for
  default StartedContainer start(ContainerSpec spec) {
    return start(spec, Preparation.NONE);
  }

  /// As [#start(ContainerSpec)]; what has to be done to the container before its program runs is
  /// done between creation and start: perhaps more than once, and not when the container was found
  /// running.
  ///
  /// @throws HoldfastException also what the preparation throws; the container is removed then
  StartedContainer start(ContainerSpec spec, Preparation preparation);

  /// Something to be done to a container that exists and has not yet run.
  @FunctionalInterface
  interface Preparation {
    Preparation NONE = created -> {};

    void prepare(ContainerId created);
  }

  /// Containers with this reach are going to be started: what can be prepared for them is prepared,
  /// in the background. Does nothing on an engine that prepares nothing.
  default void prepare(Network network) {}

  /// All containers of this deployment, also stopped ones and those of other nodes. Order is not
  /// defined.
  List<FoundContainer> list();

  /// What the container is doing now; [ContainerState.Gone] when there is none of that id. Never
  /// cached.
  ContainerState inspect(ContainerId id);

  /// Waits for the end of the container, however long it takes, also across restarts of the engine.
  ///
  /// Returns at once when it has ended. One that was created and never started is waited for. Any
  /// number of waiters cost no connection each. Interrupt the thread to give up.
  ///
  /// @throws HoldfastException `engine_unavailable` when this engine is closed or the thread
  ///   interrupted meanwhile
  ExitReason awaitExit(ContainerId id);

  /// Sends a signal to the main process. A paused container gets it when it goes on.
  ///
  /// @param number 1 to 64
  /// @throws HoldfastException `invalid_argument` "Invalid signal number."; `container_not_running`
  void signal(ContainerId id, int number);

  /// Asks the process to end: SIGTERM, up to `grace`, then SIGKILL; returns how it ended. Does not
  /// remove it.
  ///
  /// Returns at once with the reason when it has ended before, with [ExitReason.Destroyed] when it
  /// is gone or was never started (it is removed then). A paused container is resumed first. Safe
  /// to repeat and to overlap: the shortest grace wins.
  ExitReason stop(ContainerId id, Duration grace);

  /// Kills the container and removes it with its disk and anonymous volumes.
  ///
  /// Safe to repeat: returns normally when it is gone already. A waiting [#awaitExit] returns with
  /// [ExitReason.Destroyed]. When it returns, its name is free for the next [#start].
  void destroy(ContainerId id);

  /// Freezes all its processes; memory stays, connections stay open and silent. Does nothing when
  /// paused already.
  ///
  /// @throws HoldfastException `container_not_running`
  void pause(ContainerId id);

  /// Lets a paused container go on. Does nothing when it is running.
  ///
  /// @throws HoldfastException `container_not_running`
  void resume(ContainerId id);

  /// The last lines that it wrote to stdout and stderr, also after its end, as UTF-8, at most 1
  /// MiB; empty when gone.
  ///
  /// @param tailLines 1 to 10,000
  String logs(ContainerId id, int tailLines);

  /// The last lines that it wrote to stdout and stderr, and what it goes on to write; ends when it
  /// does. Empty when gone. Costs a connection to the engine until the stream is closed; reading
  /// blocks. A slow reader never holds up the container.
  ///
  /// @param tailLines 0 to 10,000
  InputStream follow(ContainerId id, int tailLines);

  /// Use of CPU, memory and network so far.
  ///
  /// @throws HoldfastException `container_not_running`
  ContainerStats stats(ContainerId id);

  /// Runs a command in the container and waits for its end; no shell is involved. A non-zero exit
  /// code is a result.
  ///
  /// When [ExecRequest#timeout()] runs out the command is left running: the engine cannot end it
  /// alone.
  ///
  /// @throws HoldfastException `container_not_running` (also paused); `invalid_argument` when there
  ///   is no such command; `timeout`
  ExecResult exec(ContainerId id, ExecRequest request);

  /// Starts a command in the container and returns when its process runs; no shell is involved. Its
  /// streams are open until it ends; it ends with the container at the latest.
  ///
  /// @throws HoldfastException `container_not_running` (also paused); `invalid_argument` when there
  ///   is no such command, folder or user
  ContainerProcess exec(ContainerId id, List<String> command, ExecOptions options);

  /// A file or folder of the container as a tar stream, read while it is sent; works on stopped
  /// containers too.
  ///
  /// Close the stream. Reading fails with an [java.io.IOException] after `bytesMax` bytes.
  ///
  /// @throws HoldfastException `container_not_running` when it is gone; `invalid_argument` when
  ///   there is no such path
  InputStream copyOut(ContainerId id, String path, long bytesMax);

  /// How its file system differs from its image, without mounts.
  ///
  /// @throws HoldfastException `container_not_running` when it is gone; `wrong_state` when its root
  ///   is read-only
  FileChanges changes(ContainerId id);

  /// Unpacks a tar stream into a folder of the container, which must exist; works on stopped
  /// containers too. With a [ReadOnlyRoot], what belongs elsewhere than into its writable folders
  /// is lost.
  ///
  /// @throws HoldfastException `container_not_running` when it is gone; `invalid_argument` when
  ///   there is no such folder
  void copyIn(ContainerId id, String folder, InputStream tar);

  /// The images this engine has.
  List<EngineImage> images();

  /// Whether a container can be started from this reference without a registry.
  boolean imagePresent(String reference);

  /// Pulls an image from the registry that its reference names, unless the engine has it. Those who
  /// ask for one that is being pulled wait for that pull; nobody who stops waiting ends it.
  ///
  /// [#start] does so by itself.
  ///
  /// @throws HoldfastException `image_not_found` when there is none, or the reference names no
  ///   registry; `image_pull_denied` when the registry wants to know who asks, or does not like it;
  ///   `image_pull_failed` when it cannot be reached, breaks off or is too slow
  void pull(String reference);

  /// From now on told of each image that this engine has pulled, before those who wait for it go
  /// on; takes the place of an earlier listener.
  void onPulled(Consumer<String> listener);

  /// Takes a reference away; the image goes with its last one. Does nothing when there is none.
  ///
  /// @return false when a container, running or not, still needs it
  boolean removeImage(String reference);

  /// The pulls under way and a count of those that have ended. Asks the engine nothing.
  ImagePulls pulls();

  /// What the engine is and how strongly it isolates.
  ///
  /// @throws HoldfastException `engine_unavailable`, naming the address and how to start the engine
  EngineInfo checkAvailable();

  /// Ends all waiting with `engine_unavailable`. Containers and networks stay, so that the next
  /// node adopts them.
  @Override
  void close();
}
