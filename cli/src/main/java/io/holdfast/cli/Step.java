package io.holdfast.cli;

import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.security.GeneralSecurityException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// A command that needs no node. What goes wrong is told in one line.
abstract class Step implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  abstract void run(PrintWriter out) throws IOException, GeneralSecurityException;

  /// The command line is wrong.
  final ParameterException wrong(String what) {
    return new ParameterException(specified().commandLine(), what);
  }

  private CommandSpec specified() {
    if (spec == null) {
      throw new IllegalStateException("used without a command line");
    }
    return spec;
  }

  @Override
  public final Integer call() {
    PrintWriter out = specified().commandLine().getOut();
    try {
      run(out);
    } catch (NoSuchFileException e) {
      throw new Refusal("expected " + e.getFile() + ", found nothing", e);
    } catch (HoldfastException | IOException | GeneralSecurityException e) {
      throw new Refusal(String.valueOf(e.getMessage()), e);
    }
    out.flush();
    return 0;
  }
}
