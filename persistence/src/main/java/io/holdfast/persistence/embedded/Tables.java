package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.Filter;
import org.rocksdb.FlushOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Statistics;
import org.rocksdb.StatsLevel;
import org.rocksdb.TickerType;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/// One opened RocksDB with its seven tables. Native memory: no method may be called during or after
/// [#close()].
///
/// Measured and left out, because none was faster beyond noise (docs/decisions/0002): manual log
/// flush, pipelined and unordered writes, `wal_bytes_per_sync`, recycled logs, batches encoded in
/// Java.
final class Tables implements AutoCloseable {
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int CACHE_SHARD_BITS = 2;
  private static final int FILTER_BITS_PER_KEY = 10;

  /* Opened in this order, closed in the opposite one. */
  private final Deque<AbstractNativeReference> owned = new ArrayDeque<>();
  private final List<ColumnFamilyHandle> handles = new ArrayList<>();
  private final WriteOptions durable = own(new WriteOptions().setSync(true));
  private final Statistics statistics = own(new Statistics());
  private final RocksDB db;

  private Tables(Path path, EmbeddedConfig config) throws RocksDBException {
    try {
      statistics.setStatsLevel(StatsLevel.EXCEPT_DETAILED_TIMERS);
      DBOptions options = own(databaseOptions(config).setStatistics(statistics));
      db = own(RocksDB.open(options, path.toString(), descriptors(config), handles));
      handles.forEach(this::own);
    } catch (RocksDBException e) {
      close();
      throw e;
    }
  }

  /// Opens the tables, creating them when there are none. Replays the log of a process that died.
  static Tables open(Path path, EmbeddedConfig config) throws RocksDBException {
    return new Tables(path, config);
  }

  /// Highest deleted sequence number by id.
  ColumnFamilyHandle meta() {
    return handles.get(0);
  }

  ColumnFamilyHandle events() {
    return handles.get(1);
  }

  ColumnFamilyHandle snapshots() {
    return handles.get(2);
  }

  ColumnFamilyHandle alarms() {
    return handles.get(3);
  }

  ColumnFamilyHandle chunks() {
    return handles.get(4);
  }

  /// What the node itself keeps, see [NodeRows].
  ColumnFamilyHandle node() {
    return handles.get(5);
  }

  /// Appends the batch to the log, syncs it and makes it visible. All of it or nothing survives.
  void write(WriteBatch batch) throws RocksDBException {
    db.write(durable, batch);
  }

  /// How often the log was synced since these tables were opened.
  long syncs() {
    return statistics.getTickerCount(TickerType.WAL_FILE_SYNCED);
  }

  byte @Nullable [] get(ColumnFamilyHandle table, byte[] key) throws RocksDBException {
    return db.get(table, key);
  }

  /// Opens a cursor that sees the rows from the start key up to, not including, the end key.
  <T> T scan(ColumnFamilyHandle table, byte[] start, byte[] end, Scan<T> scan)
      throws RocksDBException {
    try (Slice first = new Slice(start);
        Slice bound = new Slice(end);
        ReadOptions options =
            new ReadOptions().setIterateLowerBound(first).setIterateUpperBound(bound);
        RocksIterator rows = db.newIterator(table, options)) {
      T result = scan.over(rows);
      rows.status();
      return result;
    }
  }

  /// Visits the rows from the start key up to, not including, the end key, in their order.
  ///
  /// @return how many there are
  long forEach(ColumnFamilyHandle table, byte[] start, byte[] end, Consumer<RocksIterator> row)
      throws RocksDBException {
    return scan(
        table,
        start,
        end,
        rows -> {
          long count = 0;
          for (rows.seekToFirst(); rows.isValid(); rows.next()) {
            row.accept(rows);
            count++;
          }
          return count;
        });
  }

  /// Moves what is only in the log to table files, so that the next open has nothing to replay.
  void flush() throws RocksDBException {
    try (FlushOptions options = new FlushOptions().setWaitForFlush(true)) {
      db.flush(options, handles);
    }
  }

  @Override
  public void close() {
    while (!owned.isEmpty()) {
      owned.pop().close();
    }
  }

  /// What to do with an open cursor.
  @FunctionalInterface
  interface Scan<T> {
    T over(RocksIterator rows) throws RocksDBException;
  }

  private <T extends AbstractNativeReference> T own(T resource) {
    owned.push(resource);
    return resource;
  }

  private List<ColumnFamilyDescriptor> descriptors(EmbeddedConfig config) {
    Cache cache = own(new LRUCache(config.blockCacheBytes(), CACHE_SHARD_BITS));
    ColumnFamilyOptions scanned = own(tableOptions(config, blocks(cache)));
    Filter filter = own(new BloomFilter(FILTER_BITS_PER_KEY));
    ColumnFamilyOptions lookedUp = own(tableOptions(config, blocks(cache).setFilterPolicy(filter)));
    return List.of(
        new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, scanned),
        new ColumnFamilyDescriptor("events".getBytes(US_ASCII), scanned),
        new ColumnFamilyDescriptor("snapshots".getBytes(US_ASCII), scanned),
        new ColumnFamilyDescriptor("alarms".getBytes(US_ASCII), lookedUp),
        new ColumnFamilyDescriptor("chunks".getBytes(US_ASCII), lookedUp),
        new ColumnFamilyDescriptor("node".getBytes(US_ASCII), scanned));
  }

  /* Payloads arrive compressed when that is worth it, so blocks are not compressed again. */
  private static ColumnFamilyOptions tableOptions(
      EmbeddedConfig config, BlockBasedTableConfig blocks) {
    return new ColumnFamilyOptions()
        .setWriteBufferSize(config.writeBufferBytes())
        .setMaxWriteBufferNumber(3)
        .setCompressionType(CompressionType.NO_COMPRESSION)
        .setLevelCompactionDynamicLevelBytes(true)
        .setMemtableMaxRangeDeletions(1000)
        .setTableFormatConfig(blocks);
  }

  /*
   * Indexes and filters live in the cache, so that memory is bounded whatever the number of events. They must be cut in
   * partitions: the index of one 64 MiB table is larger than a shard of the cache and would be read again at every seek.
   */
  private static BlockBasedTableConfig blocks(Cache cache) {
    return new BlockBasedTableConfig()
        .setBlockCache(cache)
        .setBlockSize(BLOCK_BYTES)
        .setCacheIndexAndFilterBlocks(true)
        .setPinTopLevelIndexAndFilter(true)
        .setIndexType(IndexType.kTwoLevelIndexSearch)
        .setPartitionFilters(true);
  }

  /* WalTail has cut off a torn end, so the log must be intact; RocksDB may drop nothing by itself. */
  private static DBOptions databaseOptions(EmbeddedConfig config) {
    return new DBOptions()
        .setCreateIfMissing(true)
        .setCreateMissingColumnFamilies(true)
        .setWalRecoveryMode(WALRecoveryMode.AbsoluteConsistency)
        .setDbWriteBufferSize(config.writeBuffersBytesMax())
        .setMaxTotalWalSize(config.logBytesMax())
        .setMaxBackgroundJobs(2)
        .setMaxOpenFiles(256)
        .setAllowFAllocate(false)
        .setManifestPreallocationSize(64 << 10)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setKeepLogFileNum(2)
        .setMaxLogFileSize(1 << 20)
        .setStatsDumpPeriodSec(0)
        .setStatsPersistPeriodSec(0);
  }
}
