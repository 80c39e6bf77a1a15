package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.http.RawConnection;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ContainerSocket;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What keeps a container awake as long as its object can reach it: commands, raw connections and
/// snapshots. They do not hold up its end: they end with it. Thread-safe.
final class ContainerHolds {
  private static final Logger log = LoggerFactory.getLogger(ContainerHolds.class);

  /** Commands and connections of one container at a time. */
  private static final int HOLDS_MAX = 1_000;

  private final ContainerCell cell;
  private final ContainerHost host;
  private final ContainerIdleness idleness;
  private final ContainerOrders orders;
  private final ContainerPause pause;

  ContainerHolds(
      ContainerCell cell,
      ContainerIdleness idleness,
      ContainerOrders orders,
      ContainerPause pause) {
    this.cell = cell;
    this.host = cell.host();
    this.idleness = idleness;
    this.orders = orders;
    this.pause = pause;
  }

  // ---- commands
  // -----------------------------------------------------------------------------------------------

  /// See [ContainerSupervisor#exec].
  ContainerProcess exec(List<String> command, ExecOptions options) {
    ContainerRun used = cell.current(() -> ContainerCell.cannot("exec()"));
    Hold hold = new Hold(used);
    take(hold);
    ContainerProcess process;
    try {
      ContainerId id = Waits.join(used.launched).id();
      Waits.join(used.noted);
      pause.awaken(used);
      process = host.engine().exec(id, command, options);
    } catch (HoldfastException e) {
      release(hold);
      throw e.code() == ErrorCode.CONTAINER_NOT_RUNNING ? ContainerCell.cannot("exec()") : e;
    } catch (RuntimeException | Error e) {
      release(hold);
      throw e;
    }
    reaches(hold, () -> abandon(process, options));
    cell.inBackground(
        "exec",
        () -> {
          try {
            int code = process.exitCode();
            log.debug("{}: command {} ended with {}", cell.address(), command.getFirst(), code);
          } finally {
            release(hold);
          }
        });
    return process;
  }

  /** Nobody can read or write any more: it shall not wait for that. */
  private static void abandon(ContainerProcess process, ExecOptions options) {
    try {
      process.stdout().close();
      process.stderr().close();
      if (options.stdin() == ExecOptions.Input.PIPE) {
        process.stdin().close();
      }
    } catch (IOException e) {
      log.debug("closing the streams of a command", e);
    }
  }

  // ---- raw connections
  // ----------------------------------------------------------------------------------------

  /// See [ContainerSupervisor#connect].
  ContainerSocket connect(int port) {
    ContainerRun used = cell.current(cell::notRunning);
    Hold hold = new Hold(used);
    take(hold);
    try {
      pause.awaken(used);
      RawConnection connection =
          host.http().connect(cell.endpoint(used, port), () -> release(hold));
      reaches(hold, connection::close);
      var _ = used.exited.whenComplete((_, _) -> connection.close());
      return connection;
    } catch (RuntimeException | Error e) {
      release(hold);
      throw e;
    }
  }

  // ---- others
  // -------------------------------------------------------------------------------------------------

  /// Runs a task while the container counts as used.
  <T> T holding(ContainerRun used, Supplier<T> task) {
    Hold hold = new Hold(used);
    take(hold);
    try {
      return task.get();
    } finally {
      release(hold);
    }
  }

  // ---- holds
  // --------------------------------------------------------------------------------------------------

  /** One command or connection. */
  static final class Hold {
    private final ContainerRun run;

    // Guarded by the monitor of the cell.
    private Runnable letGo = () -> {};

    Hold(ContainerRun run) {
      this.run = run;
    }
  }

  /** What to do when its object is gone, which it may be by now. */
  private void reaches(Hold hold, Runnable end) {
    boolean gone;
    synchronized (cell) {
      gone = !hold.run.holds.contains(hold);
      hold.letGo = end;
    }
    if (gone) {
      end.run();
    }
  }

  private void take(Hold hold) {
    synchronized (cell) {
      if (hold.run.holds.size() >= HOLDS_MAX) {
        throw new HoldfastException(
            ErrorCode.OBJECT_OVERLOADED,
            "expected at most %d commands and connections of one container, found one more"
                .formatted(HOLDS_MAX));
      }
      hold.run.holds.add(hold);
      hold.run.endWhenUnused = false;
      idleness.touch();
      idleness.watch();
    }
  }

  private void release(Hold hold) {
    synchronized (cell) {
      if (!hold.run.holds.remove(hold)) {
        return;
      }
      idleness.touch();
      idleness.watch();
      if (hold.run.endWhenUnused && hold.run.isUnused()) {
        orders.order(Event.DESTROY_ORDERED, Duration.ZERO, () -> cell.run == hold.run);
      }
    }
  }

  /// The object that had them is gone from memory: lets go of all of them. Does not wait.
  void letGo() {
    List<Runnable> ends;
    synchronized (cell) {
      ContainerRun run = cell.run;
      if (run == null || cell.state == State.STOPPED || run.holds.isEmpty()) {
        return;
      }
      List<Hold> all = List.copyOf(run.holds);
      ends = all.stream().map(hold -> hold.letGo).toList();
      all.forEach(this::release);
    }
    cell.inBackground("let go", () -> ends.forEach(Runnable::run));
  }
}
