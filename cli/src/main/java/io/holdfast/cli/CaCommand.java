package io.holdfast.cli;

import io.holdfast.certificates.CertificateAuthority;
import io.holdfast.certificates.PemFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `holdfast ca`.
@Command(
    name = "ca",
    description =
        "Makes the certificates by which nodes of a cluster know each other (holdfast.cluster.tls-directory).",
    mixinStandardHelpOptions = true,
    subcommands = {CaCommand.Create.class, CaCommand.Issue.class})
final class CaCommand {
  private static final int DAYS_MAX = 36_500;

  /** One that needs the authority. */
  private abstract static class OfAuthority extends Step {
    @Option(
        names = "--ca",
        paramLabel = "DIRECTORY",
        required = true,
        description = "The directory of the authority: ca.crt, and ca.key, which stays there.")
    private Path directory = Path.of("");

    final Path certificate() {
      return directory.resolve("ca.crt");
    }

    final Path key() {
      return directory.resolve("ca.key");
    }

    final Duration days(int days) {
      if (days < 1 || days > DAYS_MAX) {
        throw wrong("--days: expected 1 to " + DAYS_MAX + ", found " + days);
      }
      return Duration.ofDays(days);
    }
  }

  /// `holdfast ca create`.
  @Command(
      name = "create",
      description = "Makes an authority. Who has its ca.key can make nodes: keep it off the nodes.",
      mixinStandardHelpOptions = true)
  static final class Create extends OfAuthority {
    @Option(
        names = "--days",
        paramLabel = "N",
        defaultValue = "3650",
        description = "How long it is valid. Default: ${DEFAULT-VALUE}.")
    private int days;

    @Override
    void run(PrintWriter out) throws IOException, GeneralSecurityException {
      Duration validity = days(days);
      if (Files.exists(key()) || Files.exists(certificate())) {
        throw new IOException(
            "there is an authority in %s already".formatted(key().toAbsolutePath().getParent()));
      }
      Files.createDirectories(
          key().toAbsolutePath().getParent(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      CertificateAuthority.make("Holdfast nodes", Instant.now(), validity)
          .write(certificate(), key());
      out.printf("%s%n%s%n", certificate(), key());
    }
  }

  /// `holdfast ca issue`.
  @Command(
      name = "issue",
      description = {
        "Makes node.crt and node.key for a node, with ca.crt beside them: its tls-directory.",
        "A node that runs takes new ones for its next connections."
      },
      mixinStandardHelpOptions = true)
  static final class Issue extends OfAuthority {
    @Option(
        names = "--host",
        paramLabel = "HOST",
        required = true,
        description =
            "Its holdfast.cluster.host, a name or an address; may be given more than once.")
    private List<String> hosts = List.of();

    @Option(
        names = "--out",
        paramLabel = "DIRECTORY",
        required = true,
        description = "Where they go; what is there is replaced.")
    private Path out = Path.of("");

    @Option(
        names = "--days",
        paramLabel = "N",
        defaultValue = "365",
        description = "How long it is valid. Default: ${DEFAULT-VALUE}.")
    private int days;

    @Override
    void run(PrintWriter print) throws IOException, GeneralSecurityException {
      Duration validity = days(days);
      for (String host : hosts) {
        if (!host.matches("[A-Za-z0-9.:_-]{1,253}")) {
          throw wrong("--host: expected a name or an address, found '" + host + "'");
        }
      }
      CertificateAuthority authority = CertificateAuthority.read(certificate(), key());
      KeyPair keys = CertificateAuthority.newKeys();
      X509Certificate own = authority.issue(keys.getPublic(), hosts, Instant.now(), validity);
      Files.createDirectories(out);
      Path fresh = Files.createTempFile(out.toAbsolutePath(), "ca", ".tmp");
      Files.copy(certificate(), fresh, StandardCopyOption.REPLACE_EXISTING);
      Files.move(fresh, out.resolve("ca.crt"), StandardCopyOption.REPLACE_EXISTING);
      PemFiles.write(out.resolve("node.key"), keys.getPrivate());
      PemFiles.write(out.resolve("node.crt"), own);
      print.printf(
          "%s for %s until %s%n", out.resolve("node.crt"), hosts, own.getNotAfter().toInstant());
    }
  }
}
