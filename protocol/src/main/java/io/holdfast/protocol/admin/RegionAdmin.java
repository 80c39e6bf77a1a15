package io.holdfast.protocol.admin;

import java.util.List;

/// Looks at the regions of the cluster, and gives one up, on behalf of an operator.
///
/// All methods block: call them on a virtual thread. They fail with
/// [io.holdfast.sdk.HoldfastException]. Thread-safe.
public interface RegionAdmin {
  /// A region as the node that is asked sees it.
  ///
  /// @param here whether the node is in it
  /// @param reachable whether it answers
  /// @param lost whether it was given up
  record Entry(String name, boolean here, boolean reachable, boolean lost) {}

  /// All of them.
  List<Entry> list();

  /// Gives a region up: within seconds its objects find other homes when they are called or their
  /// alarms are due, with what was copied from there. It runs nothing until it is taken back.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `invalid_argument` for a region that there is not;
  ///   `wrong_state` when no other one would be left
  Entry giveUp(String region);

  /// Takes a region back: it runs the objects that have not found another home.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `invalid_argument` for a region that there is not
  Entry takeBack(String region);
}
