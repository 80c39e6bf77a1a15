package io.holdfast.persistence.store;

import io.holdfast.persistence.pg1.ChunkMap;
import io.holdfast.persistence.pg1.StoredChunk;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Where the chunks of large snapshots are stored. Blocks; any thread. Faults are
/// [io.holdfast.sdk.HoldfastException].
public interface ChunkRows {
  /// One chunk among those of its object.
  record Key(int chunkNo, ChunkMap.Version version) {}

  Optional<byte[]> get(String persistenceId, Key key);

  /// Stores chunks; they are durable on return.
  void put(String persistenceId, List<StoredChunk> chunks);

  boolean hasAny(String persistenceId);

  /// The keys of an object that are wanted, at most `max`.
  List<Key> find(String persistenceId, Predicate<Key> wanted, int max);

  /// Deletes chunks; durable on return.
  void delete(String persistenceId, List<Key> keys);
}
