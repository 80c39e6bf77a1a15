package io.holdfast.persistence.archive;

import io.holdfast.persistence.blob.BlobId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One file of a tree.
public sealed interface ArchiveEntry {
  /// Where it is, from `/`, without a leading or trailing slash: `workspace/src/a.c`.
  String path();

  Attributes attributes();

  /// @param mode the twelve permission bits
  /// @param mtimeSeconds since 1970
  /// @param extended user attributes (`user.…`), with text values
  record Attributes(int mode, long uid, long gid, long mtimeSeconds, Map<String, String> extended) {
    public Attributes {
      extended = Map.copyOf(extended);
    }
  }

  record Directory(String path, Attributes attributes) implements ArchiveEntry {}

  /// @param content the digest of all its bytes, for a file that lies with others in one piece
  /// @param slices its bytes, in order
  record RegularFile(
      String path, Attributes attributes, long size, Optional<BlobId> content, List<Slice> slices)
      implements ArchiveEntry {
    public RegularFile {
      slices = List.copyOf(slices);
    }
  }

  record SymbolicLink(String path, Attributes attributes, String target) implements ArchiveEntry {}

  /// Another name of a regular file of the same tree.
  ///
  /// @param target the path of an entry before it
  record HardLink(String path, Attributes attributes, String target) implements ArchiveEntry {}

  record Fifo(String path, Attributes attributes) implements ArchiveEntry {}

  /// Bytes of one piece.
  ///
  /// @param piece its place in [Manifest#pieces()]
  record Slice(int piece, int offset, int length) {}
}
