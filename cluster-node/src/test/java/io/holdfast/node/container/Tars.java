package io.holdfast.node.container;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.engine.ContainerId;
import io.holdfast.testkit.FakeContainerEngine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/// Files of containers of a fake engine, which has them as tars.
final class Tars {
  private Tars() {}

  /// From now on there is a directory at the top with files `0`, `1`, … of these contents.
  static void write(
      FakeContainerEngine engine, ContainerId id, String directory, String... contents)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      tar.putArchiveEntry(new TarArchiveEntry(directory + "/"));
      tar.closeArchiveEntry();
      for (int i = 0; i < contents.length; i++) {
        TarArchiveEntry entry = new TarArchiveEntry(directory + "/" + i);
        entry.setSize(contents[i].length());
        tar.putArchiveEntry(entry);
        tar.write(contents[i].getBytes(UTF_8));
        tar.closeArchiveEntry();
      }
    }
    engine.copyIn(id, "/" + directory, new ByteArrayInputStream(bytes.toByteArray()));
  }

  /// What was unpacked at `/` last.
  static Map<String, String> unpacked(FakeContainerEngine engine, ContainerId id)
      throws IOException {
    Map<String, String> found = new TreeMap<>();
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(engine.copyOut(id, "/", Long.MAX_VALUE))) {
      TarArchiveEntry entry = tar.getNextEntry();
      while (entry != null) {
        found.put(entry.getName(), new String(tar.readAllBytes(), UTF_8));
        entry = tar.getNextEntry();
      }
    }
    return found;
  }
}
