package io.holdfast.persistence.archive;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.database.RowBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// What an archive needs from the blob store. It is a blob itself, and its digest is the archive's
/// id: two archives of the same tree are one.
///
/// @param cleared directories and files that a restore replaces instead of merging into them
/// @param pieces the contents; [ArchiveEntry.Slice] counts in here
/// @param parts the list of entries, cut into blobs
/// @param files how many entries
/// @param bytes of all contents
public record Manifest(
    List<String> cleared, List<Piece> pieces, List<BlobId> parts, long files, long bytes) {
  /// So many pieces fit into one blob.
  static final int PIECES_MAX = 100_000;

  /// A stored content.
  ///
  /// @param length before compression
  public record Piece(BlobId id, int length) {}

  public Manifest {
    cleared = List.copyOf(cleared);
    pieces = List.copyOf(pieces);
    parts = List.copyOf(parts);
  }

  byte[] encode() {
    return RowBytes.written(out -> {
      out.writeLong(files);
      out.writeLong(bytes);
      out.writeInt(cleared.size());
      for (String path : cleared) {
        out.text(path);
      }
      out.writeInt(pieces.size());
      for (Piece piece : pieces) {
        out.write(piece.id().bytes());
        out.writeInt(piece.length());
      }
      out.writeInt(parts.size());
      for (BlobId part : parts) {
        out.write(part.bytes());
      }
    });
  }

  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt`
  static Manifest decode(byte[] bytes) {
    return RowBytes.read(
        "an archive",
        bytes,
        in -> {
          long files = in.readLong();
          long contentBytes = in.readLong();
          List<String> cleared = new ArrayList<>();
          for (int left = in.readInt(); left > 0; left--) {
            cleared.add(in.text());
          }
          List<Piece> pieces = new ArrayList<>();
          for (int left = in.readInt(); left > 0; left--) {
            pieces.add(new Piece(id(in), in.readInt()));
          }
          List<BlobId> parts = new ArrayList<>();
          for (int left = in.readInt(); left > 0; left--) {
            parts.add(id(in));
          }
          return new Manifest(cleared, pieces, parts, files, contentBytes);
        });
  }

  private static BlobId id(RowBytes.In in) throws IOException {
    byte[] bytes = new byte[BlobId.LENGTH];
    in.readFully(bytes);
    return BlobId.read(ByteBuffer.wrap(bytes));
  }
}
