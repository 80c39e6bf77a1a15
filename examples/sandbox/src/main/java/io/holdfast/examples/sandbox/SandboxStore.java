package io.holdfast.examples.sandbox;

import io.holdfast.examples.sandbox.SandboxApi.Run;
import io.holdfast.sdk.SqlRow;
import io.holdfast.sdk.Storage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What a sandbox keeps in its database: the runs, the saved state of the working folder, and the
/// lives of its container.
final class SandboxStore {
  private static final int RUNS_MAX = 50;
  private static final int OUTPUT_CHARS_MAX = 1024;

  private final Storage storage;

  SandboxStore(Storage storage) {
    this.storage = storage;
    sql(
        "CREATE TABLE IF NOT EXISTS runs (number INTEGER PRIMARY KEY, life INTEGER, at TEXT, script TEXT,"
            + " exit_code INTEGER, output TEXT)");
    sql("CREATE TABLE IF NOT EXISTS state (value BLOB, problem TEXT)");
    sql("INSERT INTO state SELECT NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM state)");
  }

  int lives() {
    return storage.get("lives", Integer.class).orElse(0);
  }

  void countLife() {
    storage.put("lives", lives() + 1);
  }

  /// Notes a run before it starts, so that it is known even when the node does not live to see its
  /// end.
  long begin(String script) {
    sql(
        "INSERT INTO runs (life, at, script, output) VALUES (?, ?, ?, '')",
        lives(),
        Instant.now().toString(),
        script);
    long number =
        storage.sql().exec("SELECT max(number) AS number FROM runs").one().integer("number");
    sql("DELETE FROM runs WHERE number <= ?", number - RUNS_MAX);
    return number;
  }

  void end(long number, int exitCode, String output) {
    String kept = output.substring(0, Math.min(output.length(), OUTPUT_CHARS_MAX));
    sql(
        "UPDATE runs SET life = ?, exit_code = ?, output = ? WHERE number = ?",
        lives(),
        exitCode,
        kept,
        number);
  }

  List<Run> runs() {
    return storage.sql().exec("SELECT * FROM runs ORDER BY number DESC").stream()
        .map(SandboxStore::run)
        .toList();
  }

  long runCount() {
    return storage
        .sql()
        .exec("SELECT coalesce(max(number), 0) AS runs FROM runs")
        .one()
        .integer("runs");
  }

  /// The pattern of the whole example: the container's state becomes a value of the object.
  void save(byte[] value) {
    sql("UPDATE state SET value = ?, problem = NULL", value);
  }

  /// Notes why the state was not saved; the one saved before stays.
  void saveFailed(String problem) {
    sql("UPDATE state SET problem = ?", problem);
  }

  Optional<byte[]> saved() {
    SqlRow row = storage.sql().exec("SELECT value FROM state").one();
    return row.isNull("value") ? Optional.empty() : Optional.of(row.blob("value"));
  }

  Optional<String> saveProblem() {
    SqlRow row = storage.sql().exec("SELECT problem FROM state").one();
    return row.isNull("problem") ? Optional.empty() : Optional.of(row.string("problem"));
  }

  private static Run run(SqlRow row) {
    return new Run(
        row.integer("number"),
        (int) row.integer("life"),
        row.string("at"),
        row.string("script"),
        row.isNull("exit_code") ? Optional.empty() : Optional.of((int) row.integer("exit_code")),
        row.string("output"));
  }

  private void sql(String statement, Object... values) {
    storage.sql().exec(statement, values);
  }
}
