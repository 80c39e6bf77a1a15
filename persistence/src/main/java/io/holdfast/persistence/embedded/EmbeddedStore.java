package io.holdfast.persistence.embedded;

import io.holdfast.persistence.archive.ArchiveIndex;
import io.holdfast.persistence.copy.ObjectRecords;
import io.holdfast.persistence.store.SnapshotChunks;
import io.holdfast.protocol.event.AlarmIndex;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.File;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/// The durable tables of one node: one per process and data directory.
///
/// Any thread submits; one writer thread commits all that waits with one fsync and then completes
/// it. A write that was told *done* survives the death of the process and of the machine. A write
/// that failed is not there, or (when the disk failed in the middle) is there once and for all
/// before the store answers again; it is never applied later.
///
/// | state | writes | reads |
/// |---|---|---|
/// | open | queued, `STORAGE_OVERLOADED` beyond the stated bounds | served |
/// | disk below `free-bytes-min` | `STORAGE_FULL` | served |
/// | a commit failed; opening itself again | `STORAGE_FULL` or `STORAGE_FAILED` | the same |
/// | closed | `STORAGE_FAILED` | `STORAGE_FAILED` |
public final class EmbeddedStore implements AutoCloseable {
  private final WriteQueue queue;
  private final TableGate gate;
  private final AlarmTable alarms;
  private final ChunkTable chunkRows = new ChunkTable(this);
  private final SnapshotChunks chunks = new SnapshotChunks(chunkRows);
  private final MeterTable meters = new NodeRows(this, "meters");
  private final ArchiveTable archives = new ArchiveTable(this);
  private final Readers readers;
  private final StoreCounters counters = new StoreCounters();
  private final Thread writer;

  private EmbeddedStore(Path path, EmbeddedConfig config, CommitHook hook) {
    File disk = path.toFile();
    queue = new WriteQueue(config.queueLengthMax(), config.queueBytesMax());
    gate = new TableGate(() -> openTables(path, config));
    alarms = new AlarmTable(gate);
    readers = new Readers(gate, config.readerThreads());
    GroupWriter loop = new GroupWriter(config, disk, queue, gate, alarms, counters, hook);
    writer = Thread.ofPlatform().name("holdfast-journal-writer").daemon().start(loop);
  }

  /// Opens the journal of a data directory, replaying the log of a process that died.
  ///
  /// @throws HoldfastException `STORAGE_FULL`, `STORAGE_FAILED` or `STORAGE_CORRUPT` when that is
  ///   impossible
  public static EmbeddedStore open(DataDirectory directory, EmbeddedConfig config) {
    NativeLibrary.load(directory.path().resolve("native"));
    return new EmbeddedStore(directory.journal(), config, CommitHook.NONE);
  }

  static EmbeddedStore open(Path path, EmbeddedConfig config, CommitHook hook) {
    RocksDB.loadLibrary();
    return new EmbeddedStore(path, config, hook);
  }

  private static Tables openTables(Path path, EmbeddedConfig config) throws RocksDBException {
    WalTail.settle(path);
    return Tables.open(path, config);
  }

  /// The alarms that stored events have set.
  public AlarmIndex alarms() {
    return alarms;
  }

  /// Who needs which archive of files.
  public ArchiveIndex archives() {
    return archives;
  }

  /// Small rows of the node itself.
  public MeterTable meters() {
    return meters;
  }

  /// The rows of that name that the node itself keeps, apart from its objects.
  ///
  /// @param name 1 to 256 characters; who uses a name first shares it with nobody else
  public NodeTable nodeTable(String name) {
    return new NodeTable(this, name);
  }

  /// All that is stored of objects, for a copy.
  public ObjectRecords records() {
    return new EmbeddedRecords(this);
  }

  SnapshotChunks chunks() {
    return chunks;
  }

  ChunkTable chunkRows() {
    return chunkRows;
  }

  /// Reads on the calling thread, whatever is queued.
  <T> T readNow(TableGate.Read<T> read) {
    return gate.read(read);
  }

  /// What was done and what waits.
  public StoreFigures figures() {
    return counters.figures(queue);
  }

  /// Why reads and writes are refused at the moment, or null when they are not.
  public @Nullable HoldfastException fault() {
    return gate.fault();
  }

  /// Queues a write, or fails it at once.
  void submit(StoreWrite write) {
    HoldfastException fault = gate.fault();
    if (fault != null) {
      write.failed(fault);
      return;
    }
    switch (queue.offer(write)) {
      case TAKEN -> {}
      case FULL -> write.failed(overloaded());
      case CLOSED -> write.failed(TableGate.closed());
    }
  }

  /// Queues rows; the future fails with a [HoldfastException].
  CompletableFuture<Void> write(String persistenceId, int bytes, FutureWrite.Rows rows) {
    FutureWrite write = new FutureWrite(persistenceId, bytes, rows);
    submit(write);
    return write.result;
  }

  /// Reads after all writes of this id that were submitted before; the future fails with a
  /// [HoldfastException].
  ///
  /// Settled means that the outcome is known, good or bad: when the store is at fault, the read
  /// itself says so.
  <T> CompletableFuture<T> read(String persistenceId, TableGate.Read<T> read) {
    CompletableFuture<T> result = new CompletableFuture<>();
    if (queue.hasInFlight(persistenceId)) {
      FutureWrite barrier = FutureWrite.barrier(persistenceId);
      barrier.result.whenComplete((_, _) -> readers.read(read, result));
      queue.offerBeyondBounds(barrier);
    } else {
      readers.read(read, result);
    }
    return result;
  }

  /// Commits what is queued, refuses what comes later, and closes when the last reader has left.
  /// Safe to repeat.
  @Override
  public void close() {
    queue.close();
    boolean interrupted = false;
    while (writer.isAlive()) {
      try {
        writer.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    readers.close();
    gate.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private HoldfastException overloaded() {
    return new HoldfastException(
        ErrorCode.STORAGE_OVERLOADED,
        "journal: %d writes of %d bytes wait for the disk; that is all it takes"
            .formatted(queue.length(), queue.bytes()));
  }
}
