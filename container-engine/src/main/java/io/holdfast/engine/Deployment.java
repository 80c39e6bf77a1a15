package io.holdfast.engine;

/// The name of one Holdfast installation (in practice: of one data directory). Two of them share an
/// engine unharmed.
public record Deployment(String id) {
  public Deployment {
    if (id.isBlank() || id.length() > 128) {
      throw new IllegalArgumentException(
          "expected a deployment id of 1 to 128 characters, found '%s'".formatted(id));
    }
  }

  /// `length` hex digits that stand for this deployment in names.
  public String digest(int length) {
    return Digest.hex(length, "deployment", id);
  }

  @Override
  public String toString() {
    return id;
  }
}
