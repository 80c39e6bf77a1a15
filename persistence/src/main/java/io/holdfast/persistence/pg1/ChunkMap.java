package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.DatabaseImage;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/// Which stored chunks an image is made of: the manifest of a large snapshot. Immutable.
///
/// A chunk is 64 KiB of the image. It is stored anew when a page in it changed, under the version
/// of the snapshot that stores it; all others go on to be used.
public final class ChunkMap {
  public static final int CHUNK_BYTES = 64 * 1024;

  private final Version[] versions;

  /// When a chunk was stored: number and epoch of the last commit in it.
  public record Version(long txSeq, long epoch) {}

  private ChunkMap(Version[] versions) {
    this.versions = versions;
  }

  /// That of an image of which no chunk is stored yet.
  public static ChunkMap none() {
    return new ChunkMap(new Version[0]);
  }

  public static int chunkOf(int pageNo, int pageSize) {
    return (int) ((long) (pageNo - 1) * pageSize / CHUNK_BYTES);
  }

  public int chunkCount() {
    return versions.length;
  }

  public Version version(int chunkNo) {
    return versions[chunkNo];
  }

  /// The map of the next snapshot.
  ///
  /// @param dirty the chunks that differ from those of this map
  ChunkMap next(DatabaseImage image, BitSet dirty, Version version) {
    int count = (int) ((image.sizeBytes() + CHUNK_BYTES - 1) / CHUNK_BYTES);
    Version[] next = Arrays.copyOf(versions, count);
    for (int i = 0; i < count; i++) {
      next[i] = i >= versions.length || dirty.get(i) ? version : versions[i];
    }
    return new ChunkMap(next);
  }

  /// The chunks of that version, in order.
  void forEachOf(Version version, IntConsumer action) {
    for (int i = 0; i < versions.length; i++) {
      if (versions[i].equals(version)) {
        action.accept(i);
      }
    }
  }

  /// `count { txSeq epoch }* { index }*`
  void write(ByteSink to) {
    Map<Version, Integer> distinct = new LinkedHashMap<>();
    for (Version version : versions) {
      distinct.putIfAbsent(version, distinct.size());
    }
    to.varint(distinct.size());
    for (Version version : distinct.keySet()) {
      to.varint(version.txSeq());
      to.varint(version.epoch());
    }
    for (Version version : versions) {
      to.varint(distinct.getOrDefault(version, 0));
    }
  }

  static ChunkMap read(ByteCursor from, int chunkCount) {
    Version[] distinct = new Version[from.varint("number of versions", chunkCount)];
    for (int i = 0; i < distinct.length; i++) {
      distinct[i] = new Version(from.varint(), from.varint());
    }
    Version[] versions = new Version[chunkCount];
    for (int i = 0; i < chunkCount; i++) {
      versions[i] = distinct[from.varint("version of a chunk", distinct.length - 1)];
    }
    return new ChunkMap(versions);
  }
}
