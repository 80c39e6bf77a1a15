package io.holdfast.persistence.archive;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/// Tars as an engine makes them.
final class Tree {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, 512, "UTF-8");

  Tree() {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
  }

  Tree directory(String name) {
    return entry(new TarArchiveEntry(name + "/", true), new byte[0], e -> e.setMode(0755));
  }

  Tree file(String name, byte[] content) {
    return entry(new TarArchiveEntry(name, true), content, e -> e.setMode(0644));
  }

  Tree file(String name, byte[] content, Consumer<TarArchiveEntry> attributes) {
    return entry(new TarArchiveEntry(name, true), content, attributes);
  }

  Tree link(String name, String target) {
    return entry(
        new TarArchiveEntry(name, TarConstants.LF_SYMLINK, true),
        new byte[0],
        e -> e.setLinkName(target));
  }

  Tree hardLink(String name, String target) {
    return entry(
        new TarArchiveEntry(name, TarConstants.LF_LINK, true),
        new byte[0],
        e -> e.setLinkName(target));
  }

  Tree special(String name, byte kind) {
    return entry(new TarArchiveEntry(name, kind, true), new byte[0], e -> {});
  }

  private Tree entry(TarArchiveEntry entry, byte[] content, Consumer<TarArchiveEntry> attributes) {
    try {
      entry.setModTime(1_700_000_000_000L);
      attributes.accept(entry);
      if (content.length > 0) {
        entry.setSize(content.length);
      }
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  byte[] tar() {
    try {
      tar.finish();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The tar as a source.
  Archives.Source at(String root) {
    byte[] all = tar();
    return Archives.Source.all(root, () -> Optional.of(new ByteArrayInputStream(all)));
  }

  /// What a tar says, in order; a later entry of a name takes the place of the one before.
  static Map<String, Found> read(InputStream in) {
    Map<String, Found> found = new LinkedHashMap<>();
    try (TarArchiveInputStream tar = new TarArchiveInputStream(in, "UTF-8")) {
      TarArchiveEntry entry = tar.getNextEntry();
      while (entry != null) {
        found.put(entry.getName(), new Found(entry, tar.readAllBytes()));
        entry = tar.getNextEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  record Found(TarArchiveEntry entry, byte[] content) {}
}
