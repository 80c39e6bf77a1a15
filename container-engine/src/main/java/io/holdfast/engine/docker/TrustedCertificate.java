package io.holdfast.engine.docker;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/// The certificate of the gate as a container gets it: copied in before its program runs, since the
/// engine need not share a file system with us.
final class TrustedCertificate {
  /// Where it is in a container.
  static final String FOLDER = "/etc/cloudflare/certs";

  private static final String NAME = "cloudflare-containers-ca.crt";

  private TrustedCertificate() {}

  /// To be unpacked into `/`.
  static InputStream tar(Path file) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      byte[] certificate = Files.readAllBytes(file);
      // Not `etc/`, which the image may have with other permissions.
      put(tar, "etc/cloudflare/", new byte[0], 0755);
      put(tar, FOLDER.substring(1) + "/", new byte[0], 0755);
      put(tar, FOLDER.substring(1) + "/" + NAME, certificate, 0644);
    } catch (IOException e) {
      throw new HoldfastException(
          ErrorCode.CONTAINER_START_FAILED,
          "the certificate of outbound HTTPS cannot be read: " + e.getMessage(),
          e);
    }
    return new ByteArrayInputStream(bytes.toByteArray());
  }

  private static void put(TarArchiveOutputStream tar, String name, byte[] content, int mode)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setMode((name.endsWith("/") ? 0040000 : 0100000) | mode);
    entry.setSize(content.length);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }
}
