package io.holdfast.persistence.database;

import io.holdfast.protocol.ValueCodec;
import java.util.ArrayList;
import java.util.List;

/// A host that commits when it is told to and counts what it is told.
final class FakeStorageHost implements StorageHost {
  private final ValueCodec codec = new ValueCodec();
  final List<Commit> commits = new ArrayList<>();
  private final EngineChoice engine;
  ObjectDatabase database;
  boolean hasAlarmHandler = true;
  int writes;
  int transactions;

  FakeStorageHost(EngineChoice engine, DatabaseImage image, DatabaseLimits limits) {
    this.engine = engine;
    this.database = Engines.open(engine, image, limits);
  }

  FakeStorageHost(EngineChoice engine) {
    this(engine, DatabaseImage.EMPTY, DatabaseLimits.DEFAULT);
  }

  /// The object dies without a word and comes back from its last commit.
  void crash() {
    DatabaseImage image = database.image();
    database.close();
    database = Engines.open(engine, image, DatabaseLimits.DEFAULT);
  }

  @Override
  public ObjectDatabase database() {
    return database;
  }

  @Override
  public ValueCodec codec() {
    return codec;
  }

  @Override
  public void openConcurrently() {}

  @Override
  public void afterWrite(Confirmation confirmation) {
    writes++;
  }

  @Override
  public void awaitDurable() {
    database.commit().ifPresent(commits::add);
  }

  @Override
  public boolean hasAlarmHandler() {
    return hasAlarmHandler;
  }

  @Override
  public void enterTransaction() {
    transactions++;
  }

  @Override
  public void leaveTransaction() {
    transactions--;
  }
}
