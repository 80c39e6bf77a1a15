package io.holdfast.engine;

import java.util.Set;

/// How the file system of a container differs from its image; absolute paths.
///
/// @param image its id on this engine
/// @param written what was made or changed, each directory and file by itself
/// @param removed what the image has and the container has not, or has anew
public record FileChanges(String image, Set<String> written, Set<String> removed) {
  public FileChanges {
    written = Set.copyOf(written);
    removed = Set.copyOf(removed);
  }
}
