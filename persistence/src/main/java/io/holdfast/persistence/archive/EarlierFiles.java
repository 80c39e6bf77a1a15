package io.holdfast.persistence.archive;

import io.holdfast.persistence.archive.ArchiveEntry.RegularFile;
import io.holdfast.persistence.archive.ArchiveEntry.Slice;
import io.holdfast.persistence.blob.BlobId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Where small files of the archive before lie, by their contents.
///
/// A piece of which less than half is still needed counts as gone: its files are stored again,
/// together with new ones, so that it can be removed some day.
final class EarlierFiles {
  static final EarlierFiles NONE = new EarlierFiles(Map.of());

  /// A part of a piece.
  record Place(Manifest.Piece piece, int offset, int length) {}

  private final Map<BlobId, Place> places;

  private EarlierFiles(Map<BlobId, Place> places) {
    this.places = places;
  }

  static EarlierFiles of(Manifest manifest, List<ArchiveEntry> entries) {
    long[] needed = new long[manifest.pieces().size()];
    Map<BlobId, Slice> slices = new HashMap<>();
    for (ArchiveEntry entry : entries) {
      if (entry instanceof RegularFile file && file.content().isPresent()) {
        Slice slice = file.slices().getFirst();
        if (slices.put(file.content().get(), slice) == null) {
          needed[slice.piece()] += slice.length();
        }
      }
    }
    Map<BlobId, Place> places = new HashMap<>();
    slices.forEach((content, slice) -> {
      Manifest.Piece piece = manifest.pieces().get(slice.piece());
      if (needed[slice.piece()] * 2 >= piece.length()) {
        places.put(content, new Place(piece, slice.offset(), slice.length()));
      }
    });
    return new EarlierFiles(places);
  }

  Optional<Place> find(BlobId content) {
    return Optional.ofNullable(places.get(content));
  }
}
