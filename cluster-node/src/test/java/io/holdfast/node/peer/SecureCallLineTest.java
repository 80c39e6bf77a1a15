package io.holdfast.node.peer;

import io.holdfast.node.tls.NodeTls;
import io.holdfast.node.tls.TlsFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/// The same over TLS.
class SecureCallLineTest extends CallLineTest {
  @TempDir static Path directory;

  @Override
  Optional<NodeTls> tls() {
    Path files = directory.resolve("node");
    try {
      if (!files.toFile().exists()) {
        TlsFiles.write(files, TlsFiles.authority(), "127.0.0.1");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    return Optional.of(new NodeTls(files, "127.0.0.1", InstantSource.system()));
  }
}
