package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerState;
import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.ExecOutput;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/// What [ContainerEngine#exec(ContainerId, List, ExecOptions)] does. The container knows:
///
/// | command | what it does |
/// |---|---|
/// | `sh -c "echo out; echo err >&2; exit 7"` | that |
/// | `cat` | writes what it reads |
/// | `sleep 1000` | waits; ends of SIGTERM |
/// | `head -c 3000000 /dev/zero` | writes as many zeros |
/// | `sh -c "pwd; echo $COLOR; id -u"` | that |
/// | `sh -c "read line; stty size; read line; stty size"` | the rows and columns of its terminal, twice |
final class ExecContract {
  private static final String OUT_ERR_7 = "echo out; echo err >&2; exit 7";

  private final ContainerEngine engine;
  private final ContainerId id;

  ExecContract(ContainerEngine engine, ContainerId id) {
    this.engine = engine;
    this.id = id;
  }

  private ContainerProcess run(ExecOptions options, String... command) {
    return engine.exec(id, List.of(command), options);
  }

  private static ErrorCode code(Throwable e) {
    assertThat(e).isInstanceOf(HoldfastException.class);
    return ((HoldfastException) e).code();
  }

  void tellsWhatItWroteAndHowItEnded() {
    ContainerProcess process = run(ExecOptions.DEFAULT, "sh", "-c", OUT_ERR_7);
    ExecOutput output = process.output();
    assertThat(output.stdoutText()).isEqualTo("out\n");
    assertThat(output.stderrText()).isEqualTo("err\n");
    assertThat(output.exitCode()).isEqualTo(7);
    assertThat(process.exitCode()).isEqualTo(7);
    assertThat(process.isPty()).isFalse();
    assertThatThrownBy(process::output)
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.WRONG_STATE));
    assertThatThrownBy(process::stdin)
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.WRONG_STATE));
  }

  void readsWhatIsWrittenUntilThatIsClosed() throws IOException {
    ContainerProcess process = run(ExecOptions.DEFAULT.stdin(ExecOptions.Input.PIPE), "cat");
    try (OutputStream in = process.stdin()) {
      in.write("hello ".getBytes(StandardCharsets.UTF_8));
      in.flush();
      assertThat(process.stdout().readNBytes(6)).asString().isEqualTo("hello ");
      in.write("world".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(process.stdout().readAllBytes()).asString().isEqualTo("world");
    assertThat(process.exitCode()).isZero();
  }

  void waitsWhileNobodyReads() throws IOException {
    ContainerProcess process = run(ExecOptions.DEFAULT, "head", "-c", "3000000", "/dev/zero");
    long length = 0;
    byte[] chunk = new byte[64 * 1024];
    try (InputStream in = process.stdout()) {
      Awaitility.await("the first output").until(() -> in.available() > 0);
      assertThat(in.available()).isLessThan(3_000_000);
      for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
        length += count;
      }
    }
    assertThat(length).isEqualTo(3_000_000);
    assertThat(process.exitCode()).isZero();
  }

  void killsItAndNothingElse() {
    ContainerProcess killed = run(ExecOptions.DEFAULT, "sleep", "1000");
    ContainerProcess other = run(ExecOptions.DEFAULT, "sleep", "1000");
    assertThat(killed.pid()).isPositive().isNotEqualTo(other.pid());
    assertThatThrownBy(() -> killed.kill(65)).hasMessage("Invalid signal number.");
    killed.kill();
    assertThat(killed.exitCode()).isEqualTo(143);
    killed.kill(9); // It has ended: nothing happens.
    assertThat(engine.inspect(id)).isInstanceOf(ContainerState.Running.class);
    other.kill(9);
    assertThat(other.exitCode()).isEqualTo(137);
  }

  void runsAsAskedFor() {
    ExecOptions options =
        ExecOptions.DEFAULT.cwd("/tmp").env(Map.of("COLOR", "dark red")).user("1234");
    ExecOutput output = run(options, "sh", "-c", "pwd; echo $COLOR; id -u").output();
    assertThat(output.stdoutText()).isEqualTo("/tmp\ndark red\n1234\n");
  }

  void combinesOrIgnoresOutputs() {
    ExecOutput combined =
        run(ExecOptions.DEFAULT.stderr(ExecOptions.ErrorOutput.COMBINED), "sh", "-c", OUT_ERR_7)
            .output();
    assertThat(combined.stdoutText()).hasSize(8).contains("out\n").contains("err\n");
    assertThat(combined.stderr()).isEmpty();
    ExecOptions quiet =
        ExecOptions.DEFAULT
            .stdout(ExecOptions.Output.IGNORE)
            .stderr(ExecOptions.ErrorOutput.IGNORE);
    ExecOutput nothing = run(quiet, "sh", "-c", OUT_ERR_7).output();
    assertThat(nothing.stdout()).isEmpty();
    assertThat(nothing.stderr()).isEmpty();
    assertThat(nothing.exitCode()).isEqualTo(7);
    assertThat(run(quiet, "head", "-c", "3000000", "/dev/zero").exitCode()).isZero();
  }

  void hasATerminalThatCanBeResized() throws IOException {
    ContainerProcess process =
        run(
            ExecOptions.DEFAULT.stdin(ExecOptions.Input.PIPE).pty(100, 30),
            "sh",
            "-c",
            "read line; stty size; read line; stty size");
    assertThat(process.isPty()).isTrue();
    OutputStream in = process.stdin();
    in.write('\n');
    in.flush();
    assertThat(line(process.stdout())).isEqualTo("30 100");
    process.resize(120, 40);
    in.write('\n');
    in.flush();
    assertThat(line(process.stdout())).isEqualTo("40 120");
    assertThat(process.exitCode()).isZero();
  }

  /** Without the line end; empty lines, which a terminal echoes, are left out. */
  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next >= 0; next = in.read()) {
      if (next >= ' ') {
        line.append((char) next);
      } else if (!line.isEmpty()) {
        return line.toString();
      }
    }
    return line.toString();
  }

  void endsWithItsContainer() {
    ContainerProcess process = run(ExecOptions.DEFAULT, "sleep", "1000");
    engine.stop(id, Duration.ofMillis(100));
    assertThat(process.exitCode()).isEqualTo(137);
    engine.destroy(id);
    assertThat(process.exitCode()).isEqualTo(137);
  }

  void saysWhyItCannotRun() {
    assertThatThrownBy(() -> run(ExecOptions.DEFAULT, "/no/such/program", "x"))
        .hasMessageContaining("/no/such/program")
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    assertThatThrownBy(() -> engine.exec(id, List.of(), ExecOptions.DEFAULT))
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    engine.pause(id);
    assertThatThrownBy(() -> run(ExecOptions.DEFAULT, "cat"))
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING));
    engine.resume(id);
    engine.stop(id, Duration.ZERO);
    assertThatThrownBy(() -> run(ExecOptions.DEFAULT, "cat"))
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING));
    engine.destroy(id);
    assertThatThrownBy(() -> run(ExecOptions.DEFAULT, "cat"))
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING));
  }
}
