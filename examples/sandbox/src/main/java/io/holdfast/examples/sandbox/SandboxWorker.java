package io.holdfast.examples.sandbox;

import io.holdfast.examples.sandbox.SandboxApi.RunResult;
import io.holdfast.examples.sandbox.SandboxApi.StateCopy;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;

/// Answers `/sandbox/{name}/run`, `/history`, `/state` and `/status`.
public final class SandboxWorker implements Worker {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final int SCRIPT_BYTES_MAX = 64 * 1024;

  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) throws IOException {
    String[] path = request.path().split("/", -1);
    if (path.length != 4) {
      return refused(
          404,
          "expected /sandbox/{name}/run, /history, /state or /status, found " + request.path());
    }
    if (!NAME.matcher(path[2]).matches()) {
      return refused(
          400, "expected a name of 1 to 64 letters, digits, '-' and '_', found '" + path[2] + "'");
    }
    SandboxApi sandbox = env.objects("sandboxes").getByName(path[2]).as(SandboxApi.class);
    try {
      return switch (path[3]) {
        case "run" -> request.method().equals("POST") ? run(request, sandbox) : notAllowed("POST");
        case "history" ->
            request.method().equals("GET") ? Response.json(sandbox.history()) : notAllowed("GET");
        case "state" ->
            request.method().equals("GET") ? state(sandbox.folder()) : notAllowed("GET");
        case "status" ->
            request.method().equals("GET") ? Response.json(sandbox.status()) : notAllowed("GET");
        default -> refused(404, "expected run, history, state or status, found '" + path[3] + "'");
      };
    } catch (HoldfastException e) {
      return refused(e.code().httpStatus(), e.getMessage());
    }
  }

  private static Response run(Request request, SandboxApi sandbox) throws IOException {
    byte[] script;
    try (InputStream in = request.body().stream()) {
      script = in.readNBytes(SCRIPT_BYTES_MAX + 1);
    }
    if (script.length == 0) {
      return refused(400, "expected a shell script as the body, found nothing");
    }
    if (script.length > SCRIPT_BYTES_MAX) {
      return refused(
          413, "expected a script of at most " + SCRIPT_BYTES_MAX + " bytes, found more");
    }
    RunResult result = sandbox.run(new String(script, StandardCharsets.UTF_8));
    return Response.text(result.output())
        .withHeader("x-exit-code", Integer.toString(result.exitCode()))
        .withHeader("x-run", Long.toString(result.number()))
        .withHeader("x-container-life", Integer.toString(result.life()));
  }

  private static Response state(StateCopy copy) {
    Headers headers = Headers.of("content-type", "application/gzip", "x-state-from", copy.from());
    return Response.of(200, headers, Body.of(copy.tarGz()));
  }

  private static Response notAllowed(String method) {
    return refused(405, "expected method " + method).withHeader("allow", method);
  }

  private static Response refused(int status, String message) {
    return Response.json(status, Map.of("error", message));
  }
}
