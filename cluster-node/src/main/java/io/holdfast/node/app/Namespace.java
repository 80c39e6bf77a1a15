package io.holdfast.node.app;

import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.ObjectId;
import io.holdfast.sdk.ObjectNamespace;
import io.holdfast.sdk.ObjectStub;
import java.util.Optional;

/// A namespace as app code sees it under the name of a binding.
record Namespace(
    String name, AppBindings.Target target, ObjectGateway gateway, Caller caller, ValueCodec codec)
    implements ObjectNamespace {
  @Override
  public ObjectId idFromName(String objectName) {
    return target.ids().named(objectName);
  }

  @Override
  public ObjectId newUniqueId() {
    return target.ids().unique();
  }

  @Override
  public ObjectId idFromString(String hex) {
    return target.ids().parse(hex);
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
