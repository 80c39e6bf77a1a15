package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.node.files.FileSnapshots;
import io.holdfast.persistence.archive.StoredSnapshot;
import io.holdfast.sdk.ContainerSnapshot;
import io.holdfast.sdk.DirectorySnapshot;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.function.Function;
import java.util.function.Supplier;

/// Snapshots of files of a container that runs. Thread-safe; the methods wait.
final class ContainerSnapshots {
  private static final int NAME_LENGTH_MAX = 128;

  private final ContainerCell cell;
  private final ContainerHolds holds;
  private final ContainerPause pause;

  ContainerSnapshots(ContainerCell cell, ContainerHolds holds, ContainerPause pause) {
    this.cell = cell;
    this.holds = holds;
    this.pause = pause;
  }

  /// See [io.holdfast.sdk.ContainerHandle#snapshotContainer].
  ContainerSnapshot ofContainer(String name) {
    StoredSnapshot taken =
        take(
            "snapshotContainer()",
            name,
            subject -> files().ofContainer(cell.address(), subject, name));
    return new ContainerSnapshot(taken.id(), taken.bytes(), taken.name());
  }

  /// See [io.holdfast.sdk.ContainerHandle#snapshotDirectory].
  DirectorySnapshot ofDirectory(String directory, String name) {
    DirectorySnapshot.checkDirectory(directory);
    StoredSnapshot taken =
        take(
            "snapshotDirectory()",
            name,
            subject -> files().ofDirectory(cell.address(), subject, directory, name));
    return new DirectorySnapshot(taken.id(), taken.bytes(), directory, taken.name());
  }

  private FileSnapshots files() {
    return cell.host().files().snapshots();
  }

  private StoredSnapshot take(
      String verb, String name, Function<FileSnapshots.Subject, StoredSnapshot> taking) {
    if (name.length() > NAME_LENGTH_MAX || name.chars().anyMatch(Character::isISOControl)) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a name of at most %d characters, none of them a control character, found %d characters"
              .formatted(NAME_LENGTH_MAX, name.length()));
    }
    ContainerRun used = cell.current(() -> ContainerCell.cannot(verb));
    try {
      return holds.holding(used, () -> taking.apply(new Running(used, id(used))));
    } catch (HoldfastException e) {
      throw e.code() == ErrorCode.CONTAINER_NOT_RUNNING ? ContainerCell.cannot(verb) : e;
    }
  }

  private static ContainerId id(ContainerRun used) {
    return Waits.join(used.launched).id();
  }

  private final class Running implements FileSnapshots.Subject {
    private final ContainerRun run;
    private final ContainerId id;

    Running(ContainerRun run, ContainerId id) {
      this.run = run;
      this.id = id;
    }

    @Override
    public ContainerId id() {
      return id;
    }

    @Override
    public <T> T whileStill(Supplier<T> task) {
      return pause.whileFrozen(run, task);
    }

    @Override
    public boolean isEnding() {
      synchronized (cell) {
        return run.endWanted || run.exited.isDone();
      }
    }
  }
}
