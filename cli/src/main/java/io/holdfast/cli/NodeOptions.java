package io.holdfast.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Which node, and the right to talk to it.
final class NodeOptions {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "${env:HOLDFAST_URL:-http://127.0.0.1:8787}",
      description = "Where the node serves HTTP. Or HOLDFAST_URL. Default: http://127.0.0.1:8787.")
  private String url = "";

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      defaultValue = "${env:HOLDFAST_ADMIN_TOKEN}",
      description = {
        "The admin token of the node. Others on this machine can see it in the list of processes:",
        "better HOLDFAST_ADMIN_TOKEN or --token-file."
      })
  private @Nullable String token;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      defaultValue = "${env:HOLDFAST_ADMIN_TOKEN_FILE}",
      description = {
        "The file with the admin token: admin-token in the data directory of the node.",
        "Or HOLDFAST_ADMIN_TOKEN_FILE."
      })
  private @Nullable Path tokenFile;

  @Option(names = "--json", description = "Print the node's answer as it is, for programs.")
  private boolean json;

  boolean json() {
    return json;
  }

  AdminClient client() {
    return new AdminClient(checkedUrl(), checkedToken());
  }

  private URI checkedUrl() {
    try {
      URI uri = URI.create(url.endsWith("/") ? url.substring(0, url.length() - 1) : url);
      if (uri.getHost() != null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
        return uri;
      }
    } catch (IllegalArgumentException _) {
      // Told below.
    }
    throw usage("--url: expected http://HOST:PORT or https://HOST:PORT, found '" + url + "'");
  }

  private String checkedToken() {
    String found = token;
    if (found == null || found.isBlank()) {
      found = read(tokenFile);
    }
    if (!found.strip().matches("[\\x21-\\x7e ]+")) {
      throw usage("expected a token in one line of printable characters, found another text");
    }
    return found.strip();
  }

  private String read(@Nullable Path file) {
    if (file == null) {
      throw usage(
          "expected the admin token in HOLDFAST_ADMIN_TOKEN, by --token-file or by --token, found"
              + " none; the node makes it on its first start, in admin-token in its data directory");
    }
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw usage("--token-file: cannot read " + file + ": " + e);
    }
  }

  private ParameterException usage(String message) {
    if (command == null) {
      throw new IllegalStateException("used without a command");
    }
    return new ParameterException(command.commandLine(), message);
  }
}
