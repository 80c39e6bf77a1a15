package io.holdfast.persistence.archive;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.blob.BlobStore;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/*
 * An archive that is being made counts on blobs that nothing names yet: those it wrote, and those it found there. The sweep
 * decides what is needed by the references it has read, so a blob that was found after that, or whose reference was written
 * after that, must not go. So whoever makes an archive says of each blob that it uses it, under the same lock under which the
 * sweep removes one; and what was used at any time since a sweep began stays until that sweep is over.
 */
/// What archives in the making use. Thread-safe.
class BlobsInUse {
  private final Set<Use> open = new HashSet<>();
  private final List<Use> endedDuringSweep = new ArrayList<>();
  private boolean sweeping;

  /// The blobs of one archive in the making. Close it when the archive has its reference, or never
  /// will have.
  final class Use implements AutoCloseable {
    private final Set<BlobId> blobs = new HashSet<>();

    /// Uses the blob from now on, if it is there.
    ///
    /// @return whether it is
    boolean claim(BlobId id, BlobStore store) {
      synchronized (BlobsInUse.this) {
        blobs.add(id);
        return store.contains(id);
      }
    }

    List<BlobId> claimed() {
      synchronized (BlobsInUse.this) {
        return List.copyOf(blobs);
      }
    }

    @Override
    public void close() {
      synchronized (BlobsInUse.this) {
        if (open.remove(this) && sweeping) {
          endedDuringSweep.add(this);
        }
      }
    }
  }

  synchronized Use use() {
    Use use = new Use();
    open.add(use);
    return use;
  }

  /// Begins before the references are read.
  synchronized void beginSweep() {
    sweeping = true;
  }

  synchronized void endSweep() {
    sweeping = false;
    endedDuringSweep.clear();
  }

  /// Removes a blob that no reference needs, unless it is in use.
  ///
  /// @return whether it was removed
  synchronized boolean remove(BlobId id, BlobStore store) {
    if (isInUse(id)) {
      return false;
    }
    return store.delete(id);
  }

  /** Called with the monitor held. */
  boolean isInUse(BlobId id) {
    return isUsed(open, id) || isUsed(endedDuringSweep, id);
  }

  private static boolean isUsed(Iterable<Use> uses, BlobId id) {
    for (Use use : uses) {
      if (use.blobs.contains(id)) {
        return true;
      }
    }
    return false;
  }
}
