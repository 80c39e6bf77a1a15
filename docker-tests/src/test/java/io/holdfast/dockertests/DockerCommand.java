package io.holdfast.dockertests;

import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The `docker` command: the view from outside that the engine's tests compare with.
final class DockerCommand {
  /// Where the engine listens that this command and the tests talk to.
  static final UnixDomainSocketAddress SOCKET =
      UnixDomainSocketAddress.of(
          System.getenv()
              .getOrDefault("DOCKER_HOST", "unix:///var/run/docker.sock")
              .substring("unix://".length()));

  private DockerCommand() {}

  /// Runs `docker` with these arguments and returns what it writes.
  static String docker(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("docker"));
    command.addAll(List.of(arguments));
    return run(command);
  }

  static String run(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("DOCKER_BUILDKIT", "0");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException("%s failed: %s".formatted(command, output));
    }
    return output.strip();
  }

  /// Builds the image of `ContainerEngineContract` from nothing but the host's static busybox.
  static void buildContractImage(String reference) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("holdfast-contract-image");
    for (String file : List.of("Dockerfile", "contract", "env")) {
      try (InputStream in = DockerCommand.class.getResourceAsStream("/contract-image/" + file)) {
        Files.copy(in, folder.resolve(file));
      }
    }
    Path busybox = Path.of("/bin/busybox");
    if (!Files.isExecutable(busybox)) {
      throw new IOException(
          "expected a static busybox at /bin/busybox: apt-get install busybox-static");
    }
    Files.copy(busybox, folder.resolve("busybox"));
    docker("build", "-q", "-t", reference, folder.toString());
    for (String file : List.of("Dockerfile", "contract", "env", "busybox")) {
      Files.delete(folder.resolve(file));
    }
    Files.delete(folder);
  }
}
