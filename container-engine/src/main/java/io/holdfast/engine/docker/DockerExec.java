package io.holdfast.engine.docker;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.ExecCreateCmd;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.StreamType;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ExecRequest;
import io.holdfast.engine.ExecResult;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// Runs commands in containers.
final class DockerExec {
  private static final String NO_COMMAND = "OCI runtime exec failed";

  private final DockerConnection docker;

  DockerExec(DockerConnection docker) {
    this.docker = docker;
  }

  ExecResult run(ContainerId id, ExecRequest request) {
    try (Output output = new Output(request.outputBytesMax())) {
      String exec = docker.call(() -> create(id, request));
      docker.run(() -> docker.client().execStartCmd(exec).exec(output));
      if (!output.awaitCompletion(request.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
        throw new HoldfastException(
            ErrorCode.TIMEOUT,
            "command %s in container %s did not end within %d ms; it goes on"
                .formatted(request.command(), id, request.timeout().toMillis()));
      }
      Long code = docker.call(() -> docker.client().inspectExecCmd(exec).exec()).getExitCodeLong();
      return checked(output.result(code == null ? -1 : code.intValue()), id, request);
    } catch (NotFoundException | ConflictException e) {
      throw notRunning(id, e);
    } catch (DockerException e) {
      throw noCommand(id, request, DockerConnection.message(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw docker.unavailable(e);
    } catch (IOException e) {
      throw docker.unavailable(e);
    }
  }

  /// Docker reports a command that is not there like output of it.
  private static ExecResult checked(ExecResult result, ContainerId id, ExecRequest request) {
    boolean shellCode = result.exitCode() == 126 || result.exitCode() == 127;
    if (shellCode && result.stdoutText().startsWith(NO_COMMAND)) {
      throw noCommand(id, request, result.stdoutText().strip());
    }
    return result;
  }

  private String create(ContainerId id, ExecRequest request) {
    try (ExecCreateCmd command = docker.client().execCreateCmd(id.value())) {
      command
          .withCmd(request.command().toArray(String[]::new))
          .withEnv(
              new TreeMap<>(request.env())
                  .entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList())
          .withAttachStdout(true)
          .withAttachStderr(true);
      request.folder().ifPresent(command::withWorkingDir);
      request.user().ifPresent(command::withUser);
      return command.exec().getId();
    }
  }

  private static HoldfastException notRunning(ContainerId id, DockerException e) {
    return new HoldfastException(
        ErrorCode.CONTAINER_NOT_RUNNING,
        "expected container %s to run, found: %s".formatted(id, DockerConnection.message(e)),
        e);
  }

  private static HoldfastException noCommand(ContainerId id, ExecRequest request, String message) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT,
        "could not run %s in container %s: %s".formatted(request.command(), id, message));
  }

  /// Keeps the beginning of both outputs.
  private static final class Output extends ResultCallback.Adapter<Frame> {
    private final int bytesMax;
    private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    private volatile ExecResult.Output completeness = ExecResult.Output.COMPLETE;

    Output(int bytesMax) {
      this.bytesMax = bytesMax;
    }

    @Override
    public void onNext(Frame frame) {
      ByteArrayOutputStream kept = frame.getStreamType() == StreamType.STDERR ? stderr : stdout;
      byte[] bytes = frame.getPayload();
      int room = Math.min(bytes.length, bytesMax - kept.size());
      kept.write(bytes, 0, room);
      if (room < bytes.length) {
        completeness = ExecResult.Output.CUT;
      }
    }

    ExecResult result(int exitCode) {
      return new ExecResult(exitCode, stdout.toByteArray(), stderr.toByteArray(), completeness);
    }
  }
}
