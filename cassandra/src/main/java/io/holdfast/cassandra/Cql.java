package io.holdfast.cassandra;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.DefaultConsistencyLevel;
import com.datastax.oss.driver.api.core.DriverException;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.ResultSet;
import com.datastax.oss.driver.api.core.cql.Statement;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// Statements on the tables of one keyspace. All faults are `storage_failed`. Thread-safe.
///
/// @param what is done with them, for messages: "leases"
public record Cql(CqlSession session, String keyspace, String what) {
  /// Prepares a statement in which `%s` is the keyspace; blocks.
  public PreparedStatement prepare(String text) {
    try {
      return session.prepare(text.formatted(keyspace));
    } catch (DriverException e) {
      throw failed(e);
    }
  }

  /// Blocks; on a virtual thread.
  public ResultSet execute(Statement<?> statement) {
    try {
      return session.execute(statement);
    } catch (DriverException e) {
      throw failed(e);
    }
  }

  /// Does not block; later pages are fetched by whoever wants them.
  public CompletableFuture<AsyncResultSet> executeAsync(Statement<?> statement) {
    CompletableFuture<AsyncResultSet> result = new CompletableFuture<>();
    try {
      session
          .executeAsync(statement)
          .whenComplete((rows, failure) -> {
            if (failure == null) {
              result.complete(rows);
            } else {
              result.completeExceptionally(failed(failure));
            }
          });
    } catch (DriverException e) {
      result.completeExceptionally(failed(e));
    }
    return result;
  }

  /// Reads what every change that was told done before has left, by asking all data centers.
  CompletableFuture<AsyncResultSet> currentAsync(BoundStatement read) {
    return executeAsync(read.setConsistencyLevel(DefaultConsistencyLevel.SERIAL));
  }

  /// A lightweight transaction over all data centers. Asked again by the driver, the answer would
  /// be that of another try.
  public CompletableFuture<AsyncResultSet> changeAsync(BoundStatement change) {
    return executeAsync(
        change.setSerialConsistencyLevel(DefaultConsistencyLevel.SERIAL).setIdempotent(false));
  }

  /// A statement as a lightweight transaction within the data center. Asked again by the driver,
  /// the answer would be that of another try.
  public static <S extends Statement<S>> S localChange(S change) {
    return change
        .setSerialConsistencyLevel(DefaultConsistencyLevel.LOCAL_SERIAL)
        .setIdempotent(false);
  }

  /// What a blob holds; nothing for none.
  public static byte[] bytes(@Nullable ByteBuffer blob) {
    byte[] bytes = new byte[blob == null ? 0 : blob.remaining()];
    if (blob != null) {
      blob.duplicate().get(bytes);
    }
    return bytes;
  }

  private HoldfastException failed(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return new HoldfastException(
        ErrorCode.STORAGE_FAILED, "Cassandra: " + what + ": " + cause.getMessage(), cause);
  }
}
