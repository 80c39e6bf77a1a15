package io.holdfast.sdk;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// One directory of a container as it was at one moment; as [ContainerSnapshot], but of no image.
///
/// @param id 32 hex digits
/// @param size of the contents in bytes
/// @param directory where it was
public record DirectorySnapshot(String id, long size, String directory, Optional<String> name) {
  private static final Set<String> UNCLEAN = Set.of("", ".", "..");
  private static final int LENGTH_MAX = 4_096;

  /// Checks where a directory may be.
  ///
  /// @throws HoldfastException `invalid_argument` when that is no absolute path, or `/`
  public static void checkDirectory(String path) {
    boolean clean = Stream.of(path.split("/", -1)).skip(1).noneMatch(UNCLEAN::contains);
    if (!path.startsWith("/") || !clean || path.indexOf('\0') >= 0 || path.length() > LENGTH_MAX) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected an absolute path without empty parts, . and .., not /, found '%s'"
              .formatted(path.substring(0, Math.min(100, path.length()))));
    }
  }
}
