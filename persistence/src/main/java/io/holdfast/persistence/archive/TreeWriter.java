package io.holdfast.persistence.archive;

import io.holdfast.persistence.archive.ArchiveEntry.Attributes;
import io.holdfast.persistence.archive.ArchiveEntry.RegularFile;
import io.holdfast.persistence.archive.ArchiveEntry.Slice;
import io.holdfast.persistence.blob.BlobId;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/*
 * Small files lie together in one piece, in the order in which they come; a file that the archive before has already stays
 * where it lies. So a tree of 10,000 small files is a few dozen blobs, and one changed file is one small blob. Large files are
 * cut by their content.
 */
/// Collects a tree and stores its contents.
final class TreeWriter {
  /// Files below this size lie together.
  static final int SMALL_MAX = 128 << 10;

  private static final int BUNDLE_BYTES = 1 << 20;

  private final PieceWriter writer;
  private final EarlierFiles earlier;
  private final ArchiveProgress progress;
  private final List<ArchiveEntry> entries = new ArrayList<>();
  private final List<Manifest.Piece> pieces = new ArrayList<>();
  private final Map<BlobId, Integer> places = new HashMap<>();
  private final Map<BlobId, Slice> small = new HashMap<>();
  private final ByteArrayOutputStream bundle = new ByteArrayOutputStream();
  private final byte[] buffer = new byte[Chunker.SIZE_MAX];
  private int bundlePlace = -1;
  private long bytes;

  TreeWriter(PieceWriter writer, EarlierFiles earlier, ArchiveProgress progress) {
    this.writer = writer;
    this.earlier = earlier;
    this.progress = progress;
  }

  int files() {
    return entries.size();
  }

  long bytes() {
    return bytes;
  }

  void add(ArchiveEntry entry) {
    entries.add(entry);
    progress.file();
  }

  /// Reads exactly so many bytes.
  void file(String path, Attributes attributes, long size, InputStream content) throws IOException {
    if (size == 0) {
      add(new RegularFile(path, attributes, 0, Optional.empty(), List.of()));
    } else if (size < SMALL_MAX) {
      add(smallFile(path, attributes, (int) size, content));
    } else {
      add(largeFile(path, attributes, size, content));
    }
    bytes += size;
  }

  private RegularFile smallFile(String path, Attributes attributes, int size, InputStream content)
      throws IOException {
    int read = content.readNBytes(buffer, 0, size);
    checkRead(path, size, read);
    progress.bytes(size);
    BlobId id = BlobId.of(buffer, 0, size);
    Slice known = small.get(id);
    Slice slice = known == null ? store(id, size) : known;
    small.put(id, slice);
    return new RegularFile(path, attributes, size, Optional.of(id), List.of(slice));
  }

  private Slice store(BlobId content, int size) {
    Optional<EarlierFiles.Place> place =
        earlier.find(content).filter(at -> at.length() == size && writer.claim(at.piece().id()));
    if (place.isPresent()) {
      return new Slice(place(place.get().piece()), place.get().offset(), size);
    }
    if (bundle.size() + size > BUNDLE_BYTES) {
      closeBundle();
    }
    if (bundlePlace < 0) {
      bundlePlace = pieces.size();
      pieces.add(new Manifest.Piece(content, 0)); // Replaced when the bundle is complete.
    }
    Slice slice = new Slice(bundlePlace, bundle.size(), size);
    bundle.write(buffer, 0, size);
    return slice;
  }

  private void closeBundle() {
    if (bundlePlace >= 0) {
      byte[] content = bundle.toByteArray();
      pieces.set(bundlePlace, new Manifest.Piece(writer.put(content), content.length));
      bundle.reset();
      bundlePlace = -1;
    }
  }

  private int place(Manifest.Piece piece) {
    return places.computeIfAbsent(
        piece.id(),
        _ -> {
          pieces.add(piece);
          return pieces.size() - 1;
        });
  }

  private RegularFile largeFile(String path, Attributes attributes, long size, InputStream content)
      throws IOException {
    List<Slice> slices = new ArrayList<>();
    long left = size;
    int filled = 0;
    while (left > 0 || filled > 0) {
      int wanted = (int) Math.min(left, buffer.length - filled);
      int read = content.readNBytes(buffer, filled, wanted);
      checkRead(path, wanted, read);
      progress.bytes(read);
      left -= read;
      filled += read;
      int length = Chunker.cut(buffer, 0, filled);
      BlobId id = writer.put(buffer, 0, length);
      slices.add(new Slice(place(new Manifest.Piece(id, length)), 0, length));
      filled -= length;
      System.arraycopy(buffer, length, buffer, 0, filled);
    }
    return new RegularFile(path, attributes, size, Optional.empty(), slices);
  }

  private static void checkRead(String path, int wanted, int read) throws IOException {
    if (read < wanted) {
      throw new EOFException("the stream ended inside " + path);
    }
  }

  /// Stores the list of entries, and then the manifest; returns when all is durable.
  ///
  /// @return the id of the archive
  BlobId finish(List<String> cleared) {
    closeBundle();
    if (pieces.size() > Manifest.PIECES_MAX) {
      throw new HoldfastException(
          ErrorCode.ARCHIVE_TOO_LARGE,
          "expected an archive of at most %d pieces, found %d"
              .formatted(Manifest.PIECES_MAX, pieces.size()));
    }
    List<BlobId> parts = new ArrayList<>();
    byte[] list = EntryCodec.encode(entries);
    for (int at = 0; at < list.length; ) {
      int length = Chunker.cut(list, at, list.length - at);
      parts.add(writer.put(list, at, length));
      at += length;
    }
    Manifest manifest = new Manifest(cleared, pieces, parts, entries.size(), bytes);
    BlobId id = writer.put(manifest.encode());
    writer.settle();
    return id;
  }
}
