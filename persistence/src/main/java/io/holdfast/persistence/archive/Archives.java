package io.holdfast.persistence.archive;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.blob.BlobStore;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps trees of files, and gives them back as tars. Thread-safe; every method blocks, call it on
/// a virtual thread.
///
/// An archive exists from the moment it is durable as a whole; one that breaks off leaves nothing
/// but blobs that the sweep removes.
public final class Archives {
  private static final Logger LOG = LoggerFactory.getLogger(Archives.class);

  private final BlobStore store;
  private final ArchiveReferences references;
  private final ArchiveSweep sweep;
  private final BlobsInUse inUse;

  public Archives(BlobStore store, ArchiveReferences references) {
    this(store, references, new BlobsInUse());
  }

  Archives(BlobStore store, ArchiveReferences references, BlobsInUse inUse) {
    this.store = store;
    this.references = references;
    this.inUse = inUse;
    this.sweep = new ArchiveSweep(store, references, inUse, this::manifest);
  }

  /// A tar to be kept.
  ///
  /// @param root the path that it is of, absolute
  /// @param wanted which paths in it, without leading slash
  /// @param tar empty when there is no such path
  public record Source(String root, Predicate<String> wanted, Opening tar) {
    /// All of a path.
    public static Source all(String root, Opening tar) {
      return new Source(root, _ -> true, tar);
    }
  }

  /// Opens a tar.
  @FunctionalInterface
  public interface Opening {
    Optional<InputStream> open();
  }

  /// What is to be kept.
  ///
  /// @param cleared paths that a restore replaces instead of merging into them, without leading
  ///   slash
  /// @param earlier the archive that is probably much the same
  public record Work(
      List<Source> sources,
      List<String> cleared,
      Optional<BlobId> earlier,
      ArchiveLimits limits,
      ArchiveProgress progress) {}

  /// What was kept.
  ///
  /// @param pin see [#supersede]; 0 when it is no archive of an object
  /// @param storedBytes that had to be written, compressed
  /// @param leftOut files that no archive keeps, the first few with the reason
  public record Kept(
      BlobId id,
      long pin,
      long files,
      long bytes,
      long storedBytes,
      int leftOutCount,
      List<String> leftOut) {
    public Kept {
      leftOut = List.copyOf(leftOut);
    }

    private Kept pinned(long number) {
      return new Kept(id, number, files, bytes, storedBytes, leftOutCount, leftOut);
    }
  }

  // ---- keeping
  // ------------------------------------------------------------------------------------------------

  /// Keeps a tree for an object, which then has to commit that this is its archive, and to
  /// [#supersede] the others.
  ///
  /// @throws HoldfastException `archive_too_large`; `archive_failed` when the tar is hostile;
  ///   `engine_unavailable` when it breaks off; `storage_full`, `storage_failed`
  public Kept keep(String object, Work work) {
    try (BlobsInUse.Use use = inUse.use()) {
      Kept kept = write(work, use);
      return kept.pinned(references.pin(object, kept.id()));
    } catch (RuntimeException e) {
      sweep.mayFindSomething();
      throw e;
    }
  }

  /// Keeps a tree under a name of its own.
  ///
  /// @param snapshot makes the snapshot from what was kept
  public Kept keep(Work work, Function<Kept, StoredSnapshot> snapshot) {
    try (BlobsInUse.Use use = inUse.use()) {
      Kept kept = write(work, use);
      references.put(snapshot.apply(kept));
      return kept;
    } catch (RuntimeException e) {
      sweep.mayFindSomething();
      throw e;
    }
  }

  private Kept write(Work work, BlobsInUse.Use use) {
    PieceWriter writer = new PieceWriter(store, use, work.progress());
    TreeWriter tree = new TreeWriter(writer, earlierFiles(work.earlier(), use), work.progress());
    TarIntake intake = new TarIntake(tree, work.limits());
    for (Source source : work.sources()) {
      read(source, intake);
    }
    long files = tree.files();
    BlobId id = tree.finish(work.cleared());
    return new Kept(
        id,
        0,
        files,
        tree.bytes(),
        work.progress().storedBytes(),
        intake.leftOutCount(),
        intake.leftOut());
  }

  private static void read(Source source, TarIntake intake) {
    Optional<InputStream> opened = source.tar().open();
    if (opened.isEmpty()) {
      return;
    }
    try (InputStream tar = opened.get()) {
      intake.read(source.root(), tar, source.wanted());
    } catch (IOException e) {
      throw new HoldfastException(
          ErrorCode.ENGINE_UNAVAILABLE,
          source.root() + ": the tar broke off: " + e.getMessage(),
          e);
    }
  }

  /** It only saves space: without it everything is stored anew. */
  private EarlierFiles earlierFiles(Optional<BlobId> earlier, BlobsInUse.Use use) {
    try {
      return earlier
          .filter(id -> use.claim(id, store))
          .map(id -> {
            PieceReader reader = new PieceReader(store);
            Manifest manifest = Manifest.decode(reader.read(id));
            return EarlierFiles.of(manifest, entries(manifest, reader));
          })
          .orElse(EarlierFiles.NONE);
    } catch (HoldfastException e) {
      LOG.warn("archive {} cannot be read, so all is stored anew: {}", earlier, e.getMessage());
      return EarlierFiles.NONE;
    }
  }

  /// The object has durably committed that this is its archive.
  public void supersede(String object, BlobId current, long pin) {
    references.supersede(object, Optional.of(current), pin);
  }

  /// An object is going to have an archive that was made before: it goes back to a former state, or
  /// is a fork.
  ///
  /// @return whether the archive is still there as a whole; it stays then
  public boolean keepAgain(String object, BlobId archive) {
    try (BlobsInUse.Use use = inUse.use()) {
      if (!claimAll(archive, use)) {
        return false;
      }
      long _ = references.pin(object, archive);
      return true;
    }
  }

  private boolean claimAll(BlobId archive, BlobsInUse.Use use) {
    if (!use.claim(archive, store)) {
      return false;
    }
    boolean whole = true;
    for (BlobId id : blobs(manifest(archive))) {
      whole &= use.claim(id, store);
    }
    return whole;
  }

  static List<BlobId> blobs(Manifest manifest) {
    List<BlobId> blobs = new ArrayList<>(manifest.parts());
    manifest.pieces().forEach(piece -> blobs.add(piece.id()));
    return blobs;
  }

  // ---- giving back
  // --------------------------------------------------------------------------------------------

  /// What an archive consists of.
  ///
  /// @throws HoldfastException `storage_corrupt` when it is not there
  public Manifest manifest(BlobId archive) {
    return Manifest.decode(new PieceReader(store).read(archive));
  }

  /// The tree as a tar to be unpacked at `/`; close it.
  ///
  /// Reading fails with `storage_corrupt` when a piece is missing or damaged.
  ///
  /// @param placement what goes where
  public InputStream tar(BlobId archive, Placement placement, ArchiveProgress progress) {
    BlobsInUse.Use use = inUse.use();
    boolean opened = false;
    try {
      boolean _ = claimAll(archive, use);
      PieceReader reader = new PieceReader(store);
      Manifest manifest = Manifest.decode(reader.read(archive));
      InputStream tar =
          new TarOutlet(
              manifest, entries(manifest, reader), placement, reader, progress, use::close);
      opened = true;
      return tar;
    } finally {
      if (!opened) {
        use.close();
      }
    }
  }

  /// The files of an archive.
  public List<ArchiveEntry> entries(BlobId archive) {
    PieceReader reader = new PieceReader(store);
    return entries(Manifest.decode(reader.read(archive)), reader);
  }

  private static List<ArchiveEntry> entries(Manifest manifest, PieceReader reader) {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    for (BlobId part : manifest.parts()) {
      list.writeBytes(reader.read(part));
    }
    return EntryCodec.decode(list.toByteArray());
  }

  // ---- cleaning
  // -----------------------------------------------------------------------------------------------

  BlobsInUse inUse() {
    return inUse;
  }

  public ArchiveReferences references() {
    return references;
  }

  public ArchiveSweep sweep() {
    return sweep;
  }
}
