package io.holdfast.cassandra;

import java.util.List;

/// Which sessions there may be, see [NodeLeases]; an entry too many does no harm. Blocks; any
/// thread. Faults are `storage_failed`.
public interface SessionList {
  List<String> sessions(String region);

  void add(String region, String id);

  void remove(String region, String id);
}
