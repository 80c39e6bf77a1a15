package io.holdfast.node.object;

import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ExecOutput;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.Callable;

/// A command as the object's code sees it: waiting gives the turn away, and what is sent leaves
/// only after earlier writes are durable.
final class TurnProcess implements ContainerProcess {
  private final Incarnation incarnation;
  private final ContainerProcess process;
  private final InputStream stdout;
  private final InputStream stderr;

  TurnProcess(Incarnation incarnation, ContainerProcess process) {
    this.incarnation = incarnation;
    this.process = process;
    this.stdout = TurnStreams.inbound(incarnation, process.stdout());
    this.stderr = TurnStreams.inbound(incarnation, process.stderr());
  }

  @Override
  public OutputStream stdin() {
    return TurnStreams.outbound(incarnation, process.stdin());
  }

  @Override
  public InputStream stdout() {
    return stdout;
  }

  @Override
  public InputStream stderr() {
    return stderr;
  }

  @Override
  public long pid() {
    return waiting(process::pid);
  }

  @Override
  public boolean isPty() {
    return process.isPty();
  }

  @Override
  public int exitCode() {
    return waiting(process::exitCode);
  }

  @Override
  public ExecOutput output() {
    return waiting(process::output);
  }

  @Override
  public void kill(int signal) {
    leaving(() -> {
      process.kill(signal);
      return true;
    });
  }

  @Override
  public void resize(int cols, int rows) {
    leaving(() -> {
      process.resize(cols, rows);
      return true;
    });
  }

  private <T> T waiting(Callable<T> task) {
    return Unchecked.call(() -> incarnation.yieldWhile(task));
  }

  private <T> T leaving(Callable<T> task) {
    return Unchecked.call(() -> incarnation.yieldForEffect(task));
  }
}
