package io.holdfast.persistence.archive;

import io.holdfast.persistence.archive.ArchiveEntry.Attributes;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/*
 * The tar comes from the engine, and what is in it from strangers' code. Refused is what could come out elsewhere than it was
 * taken from: names with `..`, names outside of the root, a name below something that is no directory (the old trick: a link
 * `a -> /etc`, then a file `a/passwd`), a hard link to something that is not in the archive, a name that comes twice. Left
 * out, and told, is what no archive keeps: devices, sockets, names that are not UTF-8. A link may point anywhere: it is only
 * ever followed inside the container.
 */
/// Reads tars of an engine into a tree.
final class TarIntake {
  private static final int NAME_BYTES_MAX = 255;
  private static final int TOLD_MAX = 20;
  private static final char UNREADABLE = '\uFFFD';
  private static final String EXTENDED = "SCHILY.xattr.user.";
  private static final String EXTENDED_PREFIX = "SCHILY.xattr.";

  private enum Kind {
    DIRECTORY,
    OTHER
  }

  private final TreeWriter tree;
  private final ArchiveLimits limits;
  private final Map<String, Kind> seen = new HashMap<>();
  private final List<String> leftOut = new ArrayList<>();
  private int leftOutCount;

  TarIntake(TreeWriter tree, ArchiveLimits limits) {
    this.tree = tree;
    this.limits = limits;
  }

  /// How many files were left out.
  int leftOutCount() {
    return leftOutCount;
  }

  /// The first of them, each with the reason.
  List<String> leftOut() {
    return List.copyOf(leftOut);
  }

  /// Reads one tar to its end.
  ///
  /// @param root where its only top-level name lies, such as `/data/workspace` for `workspace/…`
  /// @param wanted which paths are kept
  /// @throws HoldfastException `archive_failed` for one that is hostile, `archive_too_large`,
  ///   `engine_unavailable` for one that breaks off
  void read(String root, InputStream tar, Predicate<String> wanted) {
    String place = root.substring(1);
    String parent = place.substring(0, place.lastIndexOf('/') + 1);
    TarEnd end = new TarEnd(new BufferedInputStream(tar, 1 << 16));
    try (TarArchiveInputStream in = new TarArchiveInputStream(end, "UTF-8")) {
      TarArchiveEntry entry = next(in, end);
      while (entry != null) {
        String path = parent + clean(entry.getName());
        checkInside(path, place);
        if (wanted.test(path)) {
          take(path, parent, entry, in);
        }
        entry = next(in, end);
      }
      end.drain();
    } catch (IllegalArgumentException e) {
      throw hostile("a tar", String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new HoldfastException(
          ErrorCode.ENGINE_UNAVAILABLE,
          "%s: expected a tar of it, found: %s".formatted(root, e.getMessage()),
          e);
    }
  }

  private static @Nullable TarArchiveEntry next(TarArchiveInputStream in, TarEnd end)
      throws IOException {
    end.expectHeader();
    return in.getNextEntry();
  }

  /** The name without slashes at its ends; `.` and `..` are nothing that a name may have. */
  private static String clean(String name) {
    String cut = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
    if (cut.isEmpty() || cut.startsWith("/") || cut.indexOf('\0') >= 0) {
      throw hostile("a relative name", name);
    }
    for (String part : cut.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw hostile("a name without . and ..", name);
      }
    }
    return cut;
  }

  private static void checkInside(String path, String place) {
    if (!path.equals(place) && !path.startsWith(place + "/")) {
      throw hostile("a name below /" + place, path);
    }
  }

  private void take(String path, String parent, TarArchiveEntry entry, TarArchiveInputStream in)
      throws IOException {
    String reason = reasonToLeaveOut(path, entry);
    if (reason != null) {
      leaveOut(path, reason);
      return;
    }
    checkLimits(path, entry);
    checkParents(path);
    if (seen.put(path, entry.isDirectory() ? Kind.DIRECTORY : Kind.OTHER) != null) {
      throw hostile("each name once", path);
    }
    Attributes attributes = attributes(entry);
    if (entry.isDirectory()) {
      tree.add(new ArchiveEntry.Directory(path, attributes));
    } else if (entry.isSymbolicLink()) {
      tree.add(new ArchiveEntry.SymbolicLink(path, attributes, entry.getLinkName()));
    } else if (entry.isLink()) {
      tree.add(new ArchiveEntry.HardLink(path, attributes, target(parent, entry)));
    } else if (entry.isFIFO()) {
      tree.add(new ArchiveEntry.Fifo(path, attributes));
    } else {
      tree.file(path, attributes, entry.getRealSize(), in);
    }
  }

  private String target(String parent, TarArchiveEntry entry) {
    String target = parent + clean(entry.getLinkName());
    if (seen.get(target) != Kind.OTHER) {
      throw hostile("a hard link to a file that came before", entry.getLinkName());
    }
    return target;
  }

  private static @Nullable String reasonToLeaveOut(String path, TarArchiveEntry entry) {
    if (path.indexOf(UNREADABLE) >= 0 || entry.getLinkName().indexOf(UNREADABLE) >= 0) {
      return "its name is not UTF-8";
    }
    if (entry.isCharacterDevice() || entry.isBlockDevice()) {
      return "it is a device";
    }
    boolean known =
        entry.isDirectory()
            || entry.isSymbolicLink()
            || entry.isLink()
            || entry.isFIFO()
            || entry.isFile();
    return known ? null : "it is of an unknown kind";
  }

  private void leaveOut(String path, String reason) {
    leftOutCount++;
    if (leftOut.size() < TOLD_MAX) {
      leftOut.add("/" + path + " (" + reason + ")");
    }
  }

  private void checkLimits(String path, TarArchiveEntry entry) {
    if (tree.files() >= limits.filesMax()) {
      throw tooLarge("at most %d files".formatted(limits.filesMax()), "more, such as /" + path);
    }
    if (entry.getRealSize() > limits.bytesMax() - tree.bytes()) {
      throw tooLarge(
          "at most %d bytes".formatted(limits.bytesMax()),
          "more with /%s of %d bytes".formatted(path, entry.getRealSize()));
    }
    int longest = Math.max(bytes(path), bytes(entry.getLinkName()));
    if (longest > limits.pathBytesMax()) {
      throw tooLarge(
          "paths of at most %d bytes".formatted(limits.pathBytesMax()),
          "one of %d bytes: /%s…"
              .formatted(longest, path.substring(0, Math.min(80, path.length()))));
    }
    if (bytes(path.substring(path.lastIndexOf('/') + 1)) > NAME_BYTES_MAX) {
      throw tooLarge("names of at most %d bytes".formatted(NAME_BYTES_MAX), "/" + path);
    }
  }

  private static int bytes(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
  }

  private void checkParents(String path) {
    for (int at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      Kind kind = seen.get(path.substring(0, at));
      if (kind == Kind.DIRECTORY) {
        return;
      }
      if (kind == Kind.OTHER) {
        throw hostile("only names below directories", path);
      }
    }
  }

  /** Of the extended attributes those that any user may set; all others are the system's. */
  private static Attributes attributes(TarArchiveEntry entry) {
    Map<String, String> extended = new TreeMap<>();
    entry
        .getExtraPaxHeaders()
        .forEach((name, value) -> {
          if (name.startsWith(EXTENDED) && value.indexOf(UNREADABLE) < 0) {
            extended.put(name.substring(EXTENDED_PREFIX.length()), value);
          }
        });
    return new Attributes(
        entry.getMode() & 07777,
        entry.getLongUserId(),
        entry.getLongGroupId(),
        entry.getLastModifiedTime().toInstant().getEpochSecond(),
        extended);
  }

  private static HoldfastException hostile(String expected, String found) {
    return new HoldfastException(
        ErrorCode.ARCHIVE_FAILED,
        "expected %s in a tar of the engine, found '%s'".formatted(expected, found));
  }

  private static HoldfastException tooLarge(String expected, String found) {
    return new HoldfastException(
        ErrorCode.ARCHIVE_TOO_LARGE,
        "expected an archive of %s, found %s".formatted(expected, found));
  }
}
