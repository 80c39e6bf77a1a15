package io.holdfast.persistence.embedded;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * RocksDB opens after a crash in one of several ways, and none will do. Absolute consistency refuses a log that does not
 * end cleanly, and a machine that lost power leaves one. Point-in-time drops everything behind the first broken record
 * without a word, also when that was acknowledged and a bad sector is to blame; and on some garbage it never returns
 * (facebook/rocksdb#13333, seen here with 10.10.1). So the end of the log is put in order before RocksDB sees it, and
 * RocksDB is told to be strict.
 *
 * The store writes one group at a time and starts the next when the last is synced. So a broken record that was never
 * acknowledged can only be the last one: it is cut off. If an intact record begins behind a broken one, the broken one
 * had been synced: acknowledged data is damaged, and a person has to decide. The same holds when sequence numbers jump
 * inside one log (between two they may: RocksDB deletes logs it needs no more). And when a later log has records, an
 * earlier one was whole before: its end cannot have been torn by the crash.
 *
 * The log (rocksdb/db/log_format.h): blocks of 32 KiB, in them fragments of masked CRC-32C (4 bytes), length (2), type
 * (1), content. A record is one fragment (FULL) or several (FIRST, MIDDLE, LAST) and holds one write batch, which begins
 * with its sequence number (8) and the number of its entries (4); all little-endian.
 */

/// Cuts the torn end off a log, which is normal after a crash, and tells it from damage, which must
/// not be opened.
final class WalTail {
  private static final Logger LOG = LoggerFactory.getLogger(WalTail.class);
  private static final int BLOCK = 1 << 15;
  private static final int HEADER = 7;
  private static final int BATCH_HEADER = 12;
  private static final int FULL = 1;
  private static final int FIRST = 2;
  private static final int LAST = 4;
  private static final long SEQUENCE_MAX = 1L << 56;
  private static final long UNKNOWN = -1;

  /* The sequence number of the record after the last intact one of the current log. */
  private long expected = UNKNOWN;
  /* Where the last complete record of the current log ends. */
  private int complete;
  private boolean inRecord;

  private WalTail() {}

  /// Puts the logs of a closed database in order; returns normally when there are none.
  ///
  /// @throws HoldfastException `STORAGE_CORRUPT` when acknowledged writes cannot be read; nothing
  ///   was changed
  static void settle(Path database) {
    WalTail tail = new WalTail();
    try {
      List<Walked> all = new ArrayList<>();
      for (Path log : logs(database)) {
        all.add(tail.walk(log));
      }
      requireWholeBeforeLater(all);
      for (Walked log : all) {
        log.cut();
      }
    } catch (IOException e) {
      throw new HoldfastException(
          ErrorCode.STORAGE_FAILED, "journal: the log in " + database + " cannot be read: " + e, e);
    }
  }

  /// @param complete where the last complete record ends; 0 when there is none
  private record Walked(Path log, long size, int complete) {
    boolean torn() {
      return complete < size;
    }

    void cut() throws IOException {
      if (!torn()) {
        return;
      }
      LOG.warn(
          "{}: its end was torn by a crash: cutting {} bytes that no one was told of",
          log,
          size - complete);
      try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
        channel.truncate(complete).force(true);
      }
    }
  }

  private static void requireWholeBeforeLater(List<Walked> all) {
    boolean laterHasRecords = false;
    for (Walked log : all.reversed()) {
      if (log.torn() && laterHasRecords) {
        throw damaged(log.log, log.complete, "an intact record, because a later log has records");
      }
      laterHasRecords |= log.complete > 0;
    }
  }

  private Walked walk(Path log) throws IOException {
    long size = Files.size(log);
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(log)) {
      ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena).asByteBuffer();
      bytes.order(ByteOrder.LITTLE_ENDIAN);
      expected = UNKNOWN;
      complete = 0;
      inRecord = false;
      int broken = walkIntact(log, bytes);
      for (int at = broken + 1; at <= bytes.limit() - HEADER; at++) {
        requireTail(log, bytes, broken, at);
      }
      return new Walked(log, size, complete);
    }
  }

  private static List<Path> logs(Path database) throws IOException {
    if (!Files.isDirectory(database)) {
      return List.of();
    }
    try (var files = Files.list(database)) {
      return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /* Walks the intact fragments; returns where they end. */
  private int walkIntact(Path log, ByteBuffer bytes) {
    int at = 0;
    while (at <= bytes.limit() - HEADER) {
      if (BLOCK - at % BLOCK < HEADER) {
        at += BLOCK - at % BLOCK;
      } else if (isFragment(bytes, at)) {
        follow(log, bytes, at);
        at += HEADER + length(bytes, at);
      } else {
        return at;
      }
    }
    return bytes.limit();
  }

  private void follow(Path log, ByteBuffer bytes, int at) {
    int type = type(bytes, at);
    if (type == FULL || type == FIRST) {
      ByteBuffer batch = batchHeader(bytes, at);
      requireNext(log, at, batch.getLong(0));
      expected = batch.getLong(0) + batch.getInt(Long.BYTES);
    }
    inRecord = type == FIRST || (inRecord && type != LAST);
    if (!inRecord) {
      complete = at + HEADER + length(bytes, at);
    }
  }

  private void requireNext(Path log, int at, long sequence) {
    if (inRecord) {
      throw damaged(log, at, "the rest of the record that begins at " + complete);
    }
    if (expected != UNKNOWN && sequence > expected) {
      throw damaged(log, at, "sequence number " + expected + ", found " + sequence);
    }
  }

  private void requireTail(Path log, ByteBuffer bytes, int broken, int at) {
    if (startsRecord(bytes, at) && isFragment(bytes, at) && isNext(bytes, at)) {
      throw damaged(
          log, broken, "an intact record, because one that was written later begins at " + at);
    }
  }

  private static boolean startsRecord(ByteBuffer bytes, int at) {
    return type(bytes, at) == FULL || type(bytes, at) == FIRST;
  }

  /* Guards against bytes of a torn record that look like a record by themselves. */
  private boolean isNext(ByteBuffer bytes, int at) {
    long sequence = batchHeader(bytes, at).getLong(0);
    return sequence >= Math.max(expected, 0) && sequence < SEQUENCE_MAX;
  }

  /* The first 12 bytes of a record; they may go on in the next block. */
  private static ByteBuffer batchHeader(ByteBuffer bytes, int at) {
    ByteBuffer header = ByteBuffer.allocate(BATCH_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    int here = Math.min(BATCH_HEADER, length(bytes, at));
    header.put(bytes.slice(at + HEADER, here));
    int next = at - at % BLOCK + BLOCK;
    if (header.hasRemaining() && next <= bytes.limit() - HEADER && isFragment(bytes, next)) {
      header.put(bytes.slice(next + HEADER, Math.min(header.remaining(), length(bytes, next))));
    }
    return header.hasRemaining()
        ? header.clear().putLong(0, UNKNOWN).putInt(Long.BYTES, 0)
        : header;
  }

  private static boolean isFragment(ByteBuffer bytes, int at) {
    int length = length(bytes, at);
    boolean fits = at % BLOCK + HEADER + length <= BLOCK && at + HEADER + length <= bytes.limit();
    return fits
        && type(bytes, at) != 0
        && masked(bytes.slice(at + 6, 1 + length)) == bytes.getInt(at);
  }

  private static int masked(ByteBuffer content) {
    CRC32C crc = new CRC32C();
    crc.update(content);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  private static int type(ByteBuffer bytes, int at) {
    return Byte.toUnsignedInt(bytes.get(at + 6));
  }

  private static int length(ByteBuffer bytes, int at) {
    return Short.toUnsignedInt(bytes.getShort(at + 4));
  }

  private static long sequence(ByteBuffer bytes, int at) {
    return bytes.getLong(at + HEADER);
  }

  private static HoldfastException damaged(Path log, int at, String expected) {
    return new HoldfastException(
        ErrorCode.STORAGE_CORRUPT,
        "%s: damaged at byte %d: expected %s. Acknowledged writes are lost; nothing was changed. Restore a backup, or"
                .formatted(log, at, expected)
            + " cut the file there to go on without them");
  }
}
