package io.holdfast.sdk;

/// All objects of one class. Making ids and stubs costs no I/O and creates nothing: an object comes
/// to be with its first event.
///
/// Thread-safe.
public interface ObjectNamespace {
  /// The name of the binding.
  String name();

  /// The id of the object of that name; the same name gives the same id. Any text will do, also the
  /// empty one.
  ObjectId idFromName(String name);

  /// A new id that no other call returns.
  ObjectId newUniqueId();

  /// An id from its text form.
  ///
  /// @throws HoldfastException `invalid_object_id` when it is not 64 hex digits or belongs to
  ///   another namespace
  ObjectId idFromString(String hex);

  /// The objects of this namespace that are under a jurisdiction: they never run outside of the
  /// regions that have it, whatever fails. The same name is another object there.
  ///
  /// @param jurisdiction `eu`, `us`, `fedramp` or `fedramp-high`
  /// @throws HoldfastException `invalid_argument` for one that there is not;
  ///   `jurisdiction_unavailable` when no region of this cluster has it
  ObjectNamespace jurisdiction(String jurisdiction);

  /// A stub of an object.
  ///
  /// @throws HoldfastException `invalid_object_id` when the id is of another namespace, or not of
  ///   the jurisdiction of this one
  ObjectStub get(ObjectId id, GetOptions options);

  default ObjectStub get(ObjectId id) {
    return get(id, GetOptions.NONE);
  }

  default ObjectStub getByName(String name) {
    return get(idFromName(name));
  }

  default ObjectStub getByName(String name, GetOptions options) {
    return get(idFromName(name), options);
  }
}
