package io.holdfast.multijvm.app;

import java.util.List;

/// What the Worker asks of a ledger.
public interface LedgerApi {
  long add(String token);

  List<String> entries();

  /// The last row as `count token`; empty when there is none.
  String last();
}
