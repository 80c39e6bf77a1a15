package io.holdfast.persistence.pg1;

import org.apache.pekko.serialization.SerializerWithStringManifest;

/// Hands the bytes of stored events (`pg1`) and snapshots (`img1`) to Pekko as they are.
public final class PageDeltaSerializer extends SerializerWithStringManifest {
  /// The manifest of [PageDelta].
  public static final String EVENT = "pg1";

  /// The manifest of [ImageSnapshot].
  public static final String SNAPSHOT = "img1";

  /// In every stored row: it never changes.
  private static final int IDENTIFIER = 48_301;

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object stored) {
    return switch (stored) {
      case PageDelta _ -> EVENT;
      case ImageSnapshot _ -> SNAPSHOT;
      default -> throw unknown(stored.getClass().getName());
    };
  }

  @Override
  public byte[] toBinary(Object stored) {
    return switch (stored) {
      case PageDelta delta -> delta.bytes();
      case ImageSnapshot snapshot -> snapshot.bytes();
      default -> throw unknown(stored.getClass().getName());
    };
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) {
    return switch (manifest) {
      case EVENT -> PageDelta.parse(bytes);
      case SNAPSHOT -> ImageSnapshot.parse(bytes);
      default -> throw unknown("manifest '" + manifest + "'");
    };
  }

  private static RuntimeException unknown(String found) {
    return ByteCursor.corrupt("expected a stored event pg1 or a snapshot img1, found " + found);
  }
}
