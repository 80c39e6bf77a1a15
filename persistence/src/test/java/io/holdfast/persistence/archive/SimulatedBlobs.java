package io.holdfast.persistence.archive;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.blob.BlobStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// A blob store and an index on a simulated disk: what was not synced may be lost when the machine
/// dies, and it can die at every step.
final class SimulatedBlobs implements BlobStore, ArchiveIndex {
  /// The machine died.
  static final class Crash extends RuntimeException {
    Crash() {
      super("the machine died");
    }
  }

  private final Map<BlobId, byte[]> durable = new LinkedHashMap<>();
  private final Map<BlobId, byte[]> unsynced = new LinkedHashMap<>();
  private final Map<String, byte[]> rows = new TreeMap<>();
  private final Random random;
  private Runnable between = () -> {};
  private int stepsLeft = Integer.MAX_VALUE;
  private int steps;

  SimulatedBlobs(Random random) {
    this.random = random;
  }

  /// What may happen before each step that changes something.
  void between(Runnable what) {
    between = what;
  }

  /// The machine dies at that step, counted from 1.
  void dieAt(int step) {
    stepsLeft = step;
  }

  int steps() {
    return steps;
  }

  private void step() {
    between.run();
    steps++;
    stepsLeft--;
    if (stepsLeft == 0) {
      throw new Crash();
    }
  }

  /// The machine comes back: of what was not synced, some is there.
  void restart() {
    stepsLeft = Integer.MAX_VALUE;
    between = () -> {};
    unsynced.forEach((id, bytes) -> {
      if (random.nextBoolean()) {
        durable.put(id, bytes);
      }
    });
    unsynced.clear();
  }

  int count() {
    return durable.size() + unsynced.size();
  }

  void damage(BlobId id) {
    byte[] bytes = durable.get(id);
    bytes[bytes.length / 2] ^= 1;
  }

  // The store.

  @Override
  public synchronized boolean contains(BlobId id) {
    return durable.containsKey(id) || unsynced.containsKey(id);
  }

  @Override
  public synchronized void put(BlobId id, byte[] bytes) {
    step();
    unsynced.putIfAbsent(id, bytes.clone());
  }

  @Override
  public synchronized void sync() {
    step();
    durable.putAll(unsynced);
    unsynced.clear();
  }

  @Override
  public synchronized Optional<byte[]> get(BlobId id) {
    byte[] synced = durable.get(id);
    return Optional.ofNullable(synced == null ? unsynced.get(id) : synced);
  }

  @Override
  public synchronized boolean delete(BlobId id) {
    step();
    durable.remove(id);
    return true;
  }

  @Override
  public void forEach(Consumer<BlobId> blob) {
    List<BlobId> all;
    synchronized (this) {
      all = new ArrayList<>(durable.keySet());
    }
    all.forEach(blob);
  }

  // The index.

  @Override
  public synchronized Optional<byte[]> get(String key) {
    return Optional.ofNullable(rows.get(key));
  }

  @Override
  public synchronized void put(String key, byte[] row) {
    step();
    rows.put(key, row);
  }

  @Override
  public synchronized void delete(String key, byte[] seen) {
    step();
    if (Arrays.equals(seen, rows.get(key))) {
      rows.remove(key);
    }
  }

  @Override
  public void forEach(String prefix, BiConsumer<String, byte[]> row) {
    Map<String, byte[]> now;
    synchronized (this) {
      now = new TreeMap<>(rows);
    }
    now.forEach((key, value) -> {
      if (key.startsWith(prefix)) {
        row.accept(key, value);
      }
    });
  }
}
