package io.holdfast.persistence.archive;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.blob.BlobStore;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Mark and sweep. What is needed is found anew each time from the references and the manifests they name, so no count can
 * have gone wrong; a manifest that cannot be read ends the sweep before anything is removed.
 *
 * Order: `beginSweep`, then the references are read, then the blobs are listed. A blob that gets its reference after that was
 * in use at some moment of the sweep, and BlobsInUse refuses to remove it.
 */
/// Removes what no reference needs. Thread-safe; blocks.
public final class ArchiveSweep {
  private static final Logger LOG = LoggerFactory.getLogger(ArchiveSweep.class);

  private final BlobStore store;
  private final ArchiveReferences references;
  private final BlobsInUse inUse;
  private final Function<BlobId, Manifest> manifests;

  /** A process that died may have left blobs behind. */
  private volatile boolean mayFindSomething = true;

  ArchiveSweep(
      BlobStore store,
      ArchiveReferences references,
      BlobsInUse inUse,
      Function<BlobId, Manifest> manifests) {
    this.store = store;
    this.references = references;
    this.inUse = inUse;
    this.manifests = manifests;
  }

  /// What one sweep did.
  ///
  /// @param kept blobs that are needed
  /// @param removed blobs that were not
  public record Swept(int expired, long kept, long removed) {}

  /// An archive broke off: its blobs are nobody's.
  void mayFindSomething() {
    mayFindSomething = true;
  }

  /// Lets go of references that have been kept for long enough; when that or an archive that broke
  /// off left something behind, removes it.
  public Swept runWhenNeeded() {
    int expired = references.expire();
    if (expired == 0 && !mayFindSomething && !store.isShared()) {
      return new Swept(0, 0, 0);
    }
    return sweep(expired);
  }

  /// Removes all that is not needed.
  public Swept run() {
    return sweep(references.expire());
  }

  private synchronized Swept sweep(int expired) {
    mayFindSomething = false;
    boolean complete = false;
    inUse.beginSweep();
    try {
      Swept swept = remove(expired, needed());
      complete = true;
      if (swept.removed() > 0) {
        LOG.info(
            "archives: {} references expired, {} blobs removed, {} kept",
            expired,
            swept.removed(),
            swept.kept());
      }
      return swept;
    } finally {
      inUse.endSweep();
      if (!complete) {
        mayFindSomething = true;
      }
    }
  }

  private Set<BlobId> needed() {
    Set<BlobId> archives = new HashSet<>();
    references.forEachArchive(archives::add);
    Set<BlobId> needed = new HashSet<>(archives);
    for (BlobId archive : archives) {
      needed.addAll(Archives.blobs(manifests.apply(archive)));
    }
    return needed;
  }

  private Swept remove(int expired, Set<BlobId> needed) {
    long[] counts = new long[2];
    store.forEach(id -> {
      if (needed.contains(id)) {
        counts[0]++;
      } else if (inUse.remove(id, store)) {
        counts[1]++;
      } else {
        mayFindSomething = true; // Who uses it may give up.
      }
    });
    return new Swept(expired, counts[0], counts[1]);
  }
}
