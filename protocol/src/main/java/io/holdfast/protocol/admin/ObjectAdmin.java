package io.holdfast.protocol.admin;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import java.util.Optional;

/// Looks at objects and their past, and changes them, on behalf of an operator.
///
/// A *moment* is a bookmark of the object, or a time such as `2026-11-24T10:00:00Z`, which stands
/// for the last commit up to it. All methods block: call them on a virtual thread. They fail with
/// [io.holdfast.sdk.HoldfastException]: `invalid_argument` for a moment that is malformed, of
/// another object, of the future or not kept any more. Thread-safe.
public interface ObjectAdmin {
  /// The objects of a namespace that have stored anything, in the order of their ids.
  ///
  /// @param after the id of the last one of the page before
  ObjectPage list(NamespaceId namespace, Optional<String> after, int max);

  /// The commits of an object, newest first.
  ///
  /// @param before the bookmark of the last one of the page before
  HistoryPage history(ObjectAddress object, Optional<String> before, int max);

  /// What differs between two moments.
  ///
  /// @param rowsMax how many rows are shown; all are counted
  ObjectDiff diff(ObjectAddress object, String from, String to, int rowsMax);

  /// Makes a new object that begins with what another of its namespace was at a moment.
  ///
  /// @param at the moment, or empty for what is durable now
  /// @throws io.holdfast.sdk.HoldfastException `wrong_state` when the target has ever stored
  ///   anything, or the source has nothing stored at that moment
  Forked fork(ObjectAddress source, Optional<String> at, ObjectAddress target, ForkedAlarm alarm);

  /// Resets an object and puts it back to what it was at a moment. When the answer is lost, the
  /// restore may still come into force.
  Restored restore(ObjectAddress object, String at);

  /// Gives an object its home in another region, with all that it has stored. Calls that come
  /// meanwhile wait.
  ///
  /// @return once it answers there
  /// @throws io.holdfast.sdk.HoldfastException `invalid_argument` for a region that there is not;
  ///   `jurisdiction_unavailable`; `region_unreachable`; `object_blocked` when its events did not
  ///   end within 2 s: it stays
  MovedObject move(ObjectAddress object, String region);
}
