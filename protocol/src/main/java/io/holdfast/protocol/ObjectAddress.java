package io.holdfast.protocol;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectId;
import java.util.Optional;

/// One object in the world.
public record ObjectAddress(NamespaceId namespace, ObjectId id) {
  /// The address as text, without the object's name: `app.namespace/<64 hex digits>`. Sharding's
  /// entity id.
  public String key() {
    return namespace + "/" + id.hex();
  }

  /// Reads what [#key()] wrote.
  ///
  /// @throws HoldfastException `invalid_argument` when the text is none
  public static ObjectAddress parse(String key) {
    int dot = key.indexOf('.');
    int slash = key.indexOf('/', dot + 1);
    if (dot < 0 || slash < 0) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected app.namespace/id, found '" + key + "'");
    }
    NamespaceId namespace = new NamespaceId(key.substring(0, dot), key.substring(dot + 1, slash));
    return new ObjectAddress(namespace, new ObjectId(key.substring(slash + 1), Optional.empty()));
  }

  @Override
  public String toString() {
    return id.name().map(name -> namespace + "/'" + name + "'").orElseGet(this::key);
  }
}
