package io.holdfast.engine;

import java.util.Map;

/// A root file system that the container's program cannot change, but for some folders.
///
/// @param writable the folders that it can change, by their absolute paths, none inside another,
///   and what each has in it at first
public record ReadOnlyRoot(Map<String, FirstContent> writable) {
  /// What a writable folder begins with.
  public enum FirstContent {
    /// What the image has there.
    OF_IMAGE,
    /// Nothing: files are going to be put there.
    EMPTY
  }

  public ReadOnlyRoot {
    writable = Map.copyOf(writable);
  }
}
