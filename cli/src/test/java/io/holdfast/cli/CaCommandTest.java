package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.certificates.PemFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path directory;
  private Path authority;
  private Path node;

  @BeforeEach
  void paths() {
    authority = directory.resolve("ca");
    node = directory.resolve("tls");
  }

  private int ca(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "ca";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return HoldfastCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
  }

  private int issue(String... more) {
    String[] all = new String[more.length + 5];
    all[0] = "issue";
    all[1] = "--ca";
    all[2] = authority.toString();
    all[3] = "--out";
    all[4] = node.toString();
    System.arraycopy(more, 0, all, 5, more.length);
    return ca(all);
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void makesAnAuthorityAndWhatANodeNeeds() throws IOException, GeneralSecurityException {
    assertThat(ca("create", "--ca", authority.toString())).isZero();
    assertThat(permissions(authority.resolve("ca.key"))).isEqualTo("rw-------");
    assertThat(issue("--host", "10.0.0.1", "--host", "node-1.example")).isZero();
    assertThat(out.toString()).contains("for [10.0.0.1, node-1.example] until 20");
    assertThat(permissions(node.resolve("node.key"))).isEqualTo("rw-------");
    assertThat(node.resolve("ca.key")).doesNotExist();
    X509Certificate issuer = PemFiles.certificates(node.resolve("ca.crt")).getFirst();
    X509Certificate own = PemFiles.certificates(node.resolve("node.crt")).getFirst();
    own.verify(issuer.getPublicKey());
    assertThat(own.getSubjectAlternativeNames())
        .extracting(name -> (Object) name.get(1))
        .isEqualTo(List.of("10.0.0.1", "node-1.example"));
  }

  @Test
  void replacesWhatANodeHasAndNeverAnAuthority() throws IOException {
    assertThat(ca("create", "--ca", authority.toString())).isZero();
    assertThat(issue("--host", "localhost")).isZero();
    String before = Files.readString(node.resolve("node.crt"));
    assertThat(issue("--host", "localhost")).isZero();
    assertThat(Files.readString(node.resolve("node.crt"))).isNotEqualTo(before);
    assertThat(ca("create", "--ca", authority.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("there is an authority in " + authority + " already");
  }

  @Test
  void tellsWhatIsWrong() throws IOException {
    assertThat(issue("--host", "localhost")).isEqualTo(1);
    assertThat(err.toString()).contains("expected " + authority.resolve("ca.crt"));
    assertThat(issue("--host", "a b")).isEqualTo(2);
    assertThat(err.toString()).contains("--host: expected a name or an address, found 'a b'");
    assertThat(issue("--host", "localhost", "--days", "0")).isEqualTo(2);
    assertThat(err.toString()).contains("--days: expected 1 to 36500, found 0");
    assertThat(ca("create", "--ca", authority.toString())).isZero();
    Files.writeString(authority.resolve("ca.key"), "nothing");
    assertThat(issue("--host", "localhost")).isEqualTo(1);
    assertThat(err.toString()).contains("BEGIN PRIVATE KEY");
  }
}
