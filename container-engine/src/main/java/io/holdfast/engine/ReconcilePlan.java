package io.holdfast.engine;

import java.util.List;

/// What to do about the containers found on an engine.
///
/// @param adopt they belong to an object that lives here and expects them, ended ones too: it must
///   learn how they ended
/// @param remove nobody expects them
/// @param lost the object expects one that is not there: it must learn that
public record ReconcilePlan(List<Adoption> adopt, List<Removal> remove, List<KnownContainer> lost) {
  public ReconcilePlan {
    adopt = List.copyOf(adopt);
    remove = List.copyOf(remove);
    lost = List.copyOf(lost);
  }

  /// A container and the object that gets it back.
  public record Adoption(FoundContainer container, KnownContainer known) {}

  /// A container that has to go, and why, for the log.
  public record Removal(FoundContainer container, String reason) {}
}
