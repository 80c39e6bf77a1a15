package io.holdfast.edge;

import java.util.Optional;

/// One condition for taking traffic, shown by `GET /readyz`.
public interface ReadinessCheck {
  /// A short name, such as `journal`.
  String name();

  /// What is missing; empty when ready. Called on a virtual thread for every `GET /readyz`; an
  /// answer that takes more than 2 s counts as not ready.
  Optional<String> problem();
}
