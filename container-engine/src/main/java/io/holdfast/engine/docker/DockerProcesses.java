package io.holdfast.engine.docker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.api.command.ExecCreateCmd;
import com.github.dockerjava.api.command.InspectExecResponse;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import io.holdfast.engine.ContainerId;
import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/// Starts commands in containers, with their streams open.
final class DockerProcesses {
  /** Docker starts a process within a second, or is badly overloaded. */
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private final DockerConnection docker;

  DockerProcesses(DockerConnection docker) {
    this.docker = docker;
  }

  /// @param containerPid of the container's first process on the engine's host
  ContainerProcess start(
      ContainerId id, List<String> command, ExecOptions options, LongSupplier containerPid) {
    if (command.isEmpty()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected a command to run in the container, found none");
    }
    try {
      String exec = docker.call(() -> create(id, command, options));
      HijackedLine line = docker.hijack("/exec/" + exec + "/start", body(options.pty()));
      DockerProcess process = new DockerProcess(docker, exec, line, options, containerPid);
      awaitStarted(process, exec, id, command);
      options.pty().ifPresent(size -> process.resize(size.cols(), size.rows()));
      return process;
    } catch (NotFoundException | ConflictException e) {
      throw new HoldfastException(
          ErrorCode.CONTAINER_NOT_RUNNING,
          "expected container %s to run, found: %s".formatted(id, DockerConnection.message(e)),
          e);
    } catch (DockerException e) {
      throw noCommand(id, command, DockerConnection.message(e));
    } catch (IOException e) {
      throw docker.unavailable(e);
    }
  }

  private String create(ContainerId id, List<String> command, ExecOptions options) {
    try (ExecCreateCmd create = docker.client().execCreateCmd(id.value())) {
      create
          .withCmd(command.toArray(String[]::new))
          .withEnv(
              new TreeMap<>(options.env())
                  .entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList())
          .withAttachStdin(options.stdin() == ExecOptions.Input.PIPE)
          // Attached even when ignored: it is how its end is seen, and why it did not start.
          .withAttachStdout(true)
          .withAttachStderr(true)
          .withTty(options.pty().isPresent());
      options.cwd().ifPresent(create::withWorkingDir);
      options.user().ifPresent(create::withUser);
      return create.exec().getId();
    }
  }

  /// Engines before Docker 23 do not know `ConsoleSize`; theirs is set once the process runs.
  private static byte[] body(Optional<ExecOptions.Pty> pty) {
    ObjectNode body =
        JsonNodeFactory.instance.objectNode().put("Detach", false).put("Tty", pty.isPresent());
    pty.ifPresent(size -> body.putArray("ConsoleSize").add(size.rows()).add(size.cols()));
    return body.toString().getBytes(StandardCharsets.UTF_8);
  }

  /// A command that is not there shows by having no process and a code of its own; Docker's words
  /// come as its output.
  private void awaitStarted(
      DockerProcess process, String exec, ContainerId id, List<String> command) {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      InspectExecResponse state = docker.call(() -> docker.client().inspectExecCmd(exec).exec());
      long pid = state.getPidLong() == null ? 0 : state.getPidLong();
      if (pid > 0) {
        process.runsAs(pid);
        return;
      }
      if (state.getExitCodeLong() != null && !Boolean.TRUE.equals(state.isRunning())) {
        throw noCommand(id, command, process.firstWords());
      }
      DockerConnection.pauseBriefly();
    }
    process.close();
    throw new HoldfastException(
        ErrorCode.ENGINE_UNAVAILABLE,
        "command %s did not start in container %s within %d s"
            .formatted(command, id, START_LIMIT.toSeconds()));
  }

  private static HoldfastException noCommand(ContainerId id, List<String> command, String message) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT,
        "could not run %s in container %s: %s".formatted(command, id, message));
  }
}
