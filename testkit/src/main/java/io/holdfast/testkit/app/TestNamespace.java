package io.holdfast.testkit.app;

import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.ObjectId;
import io.holdfast.sdk.ObjectNamespace;
import io.holdfast.sdk.ObjectStub;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/// A namespace whose objects are plain Java objects in this JVM. Real ids, no storage.
final class TestNamespace implements ObjectNamespace {
  private final String name;
  private final Function<String, Object> factory;
  private final ObjectIds ids;
  private final Optional<Jurisdiction> law;
  private final ConcurrentMap<ObjectId, Object> objects;
  private final ConcurrentMap<ObjectId, ConcurrentMap<IdempotencyKey, TestAnswer>> answers;

  TestNamespace(String name, Function<String, Object> factory) {
    this.name = name;
    this.factory = factory;
    this.ids = new ObjectIds(new NamespaceId("test", name));
    this.law = Optional.empty();
    this.objects = new ConcurrentHashMap<>();
    this.answers = new ConcurrentHashMap<>();
  }

  private TestNamespace(TestNamespace all, Jurisdiction law) {
    this.name = all.name;
    this.factory = all.factory;
    this.ids = all.ids;
    this.law = Optional.of(law);
    this.objects = all.objects;
    this.answers = all.answers;
  }

  @Override
  public ObjectNamespace jurisdiction(String jurisdiction) {
    return new TestNamespace(this, Jurisdiction.parse(jurisdiction));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public ObjectId idFromName(String objectName) {
    return ids.named(objectName, law);
  }

  @Override
  public ObjectId newUniqueId() {
    return ids.unique(0, law);
  }

  @Override
  public ObjectId idFromString(String hex) {
    return ids.parse(hex);
  }

  @Override
  public ObjectStub get(ObjectId id, GetOptions options) {
    return new TestStub(
        id,
        () -> objects.computeIfAbsent(id, this::newObject),
        Optional.empty(),
        answers.computeIfAbsent(id, _ -> new ConcurrentHashMap<>()));
  }

  private Object newObject(ObjectId id) {
    return factory.apply(id.name().orElse(id.hex()));
  }
}
