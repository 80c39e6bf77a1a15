package io.holdfast.persistence.embedded;

import io.holdfast.protocol.event.AlarmChange;
import io.holdfast.sdk.HoldfastException;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.dispatch.Futures;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import scala.concurrent.Future;
import scala.concurrent.Promise;

/// The events of one request to the journal: they are stored together or not at all.
final class EventWrite extends StoreWrite {
  /// One encoded event.
  record Row(byte[] key, byte[] value, @Nullable AlarmChange alarm) {
    int bytes() {
      return key.length + value.length;
    }
  }

  private final List<Row> rows;
  private final Iterable<Optional<Exception>> outcome;
  private final Promise<Iterable<Optional<Exception>>> promise = Futures.promise();

  /// @param outcome what the future says when the rows are durable
  EventWrite(String persistenceId, List<Row> rows, Iterable<Optional<Exception>> outcome) {
    super(persistenceId, bytes(rows));
    this.rows = rows;
    this.outcome = outcome;
  }

  private static int bytes(List<Row> rows) {
    int bytes = 0;
    for (Row row : rows) {
      bytes += row.bytes();
    }
    return bytes;
  }

  Future<Iterable<Optional<Exception>>> result() {
    return promise.future();
  }

  @Override
  void addTo(Group group) throws RocksDBException {
    for (Row row : rows) {
      group.putEvent(row.key, row.value, row.alarm);
    }
  }

  @Override
  void done() {
    promise.success(outcome);
  }

  @Override
  void failed(HoldfastException why) {
    promise.failure(why);
  }
}
