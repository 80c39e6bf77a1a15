package io.holdfast.examples.counter;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;
import java.util.Map;
import java.util.Optional;

/// Answers `/counter/{name}/inc`, `/get`, `/log` and `/where`. In a cluster of several regions
/// `?hint=weur` says where a new counter should live.
public final class CounterWorker implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    String[] path = request.path().split("/", -1);
    if (path.length != 4 || path[2].isEmpty()) {
      return refused(
          404, "expected /counter/{name}/inc, /get, /log or /where, found " + request.path());
    }
    GetOptions options =
        request.query("hint").map(GetOptions::locationHint).orElse(GetOptions.NONE);
    CounterApi counter = env.objects("counters").getByName(path[2], options).as(CounterApi.class);
    return switch (path[3]) {
      case "inc" ->
          request.method().equals("POST") ? increment(request, counter) : notAllowed("POST");
      case "get" -> request.method().equals("GET") ? value(counter.value()) : notAllowed("GET");
      case "log" ->
          request.method().equals("GET") ? Response.json(counter.log()) : notAllowed("GET");
      case "where" ->
          request.method().equals("GET")
              ? Response.json(Map.of("region", counter.where()))
              : notAllowed("GET");
      default -> refused(404, "expected inc, get, log or where, found '" + path[3] + "'");
    };
  }

  private static Response increment(Request request, CounterApi counter) {
    Optional<String> by = request.query("by");
    try {
      long step = by.isEmpty() ? 1 : Long.parseLong(by.get());
      if (CounterApi.isStep(step)) {
        return value(counter.increment(step));
      }
    } catch (NumberFormatException e) {
      // Answered below, with the range.
    }
    return refused(
        400,
        "expected 'by' as a whole number from -%d to %d, found '%s'"
            .formatted(CounterApi.STEP_MAX, CounterApi.STEP_MAX, by.orElse("")));
  }

  private static Response value(long value) {
    return Response.json(Map.of("value", value));
  }

  private static Response notAllowed(String method) {
    return refused(405, "expected method " + method).withHeader("allow", method);
  }

  private static Response refused(int status, String message) {
    return Response.json(status, Map.of("error", message));
  }
}
