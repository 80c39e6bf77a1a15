package io.holdfast.node.app;

import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectId;
import io.holdfast.sdk.ObjectNamespace;
import io.holdfast.sdk.ObjectStub;
import java.util.Optional;

/// A namespace as app code sees it under the name of a binding.
///
/// @param law of all its objects, when it is the part of a jurisdiction
record Namespace(
    String name,
    AppBindings.Target target,
    Optional<Jurisdiction> law,
    ObjectGateway gateway,
    Caller caller,
    ValueCodec codec)
    implements ObjectNamespace {
  @Override
  public ObjectId idFromName(String objectName) {
    return target.ids().named(objectName, law);
  }

  @Override
  public ObjectId newUniqueId() {
    return target.ids().unique(gateway.birthRegion(target.namespace(), law), law);
  }

  @Override
  public ObjectId idFromString(String hex) {
    ObjectId id = target.ids().parse(hex);
    if (law.isPresent() && !Jurisdiction.of(id).equals(law)) {
      throw new HoldfastException(
          ErrorCode.INVALID_OBJECT_ID,
          "Durable Object ID is not valid for this namespace: expected jurisdiction %s, found %s"
              .formatted(
                  law.get(), Jurisdiction.of(id).map(Jurisdiction::toString).orElse("none")));
    }
    return id;
  }

  @Override
  public ObjectNamespace jurisdiction(String jurisdiction) {
    Optional<Jurisdiction> wanted = Optional.of(Jurisdiction.parse(jurisdiction));
    gateway.birthRegion(target.namespace(), wanted); // Throws when no region has it.
    return new Namespace(name, target, wanted, gateway, caller, codec);
  }

  /// Also checks that the id is one of this namespace.
  @Override
  public ObjectStub get(ObjectId id, GetOptions options) {
    idFromString(id.hex());
    return stub(id, options);
  }

  @Override
  public ObjectStub getByName(String objectName) {
    return stub(idFromName(objectName), GetOptions.NONE);
  }

  @Override
  public ObjectStub getByName(String objectName, GetOptions options) {
    return stub(idFromName(objectName), options);
  }

  private ObjectStub stub(ObjectId id, GetOptions options) {
    return new Stub(
        new ObjectAddress(target.namespace(), id),
        options,
        Optional.empty(),
        gateway,
        caller,
        codec);
  }

  @Override
  public String toString() {
    return "namespace " + target.namespace();
  }
}
