package io.holdfast.examples.orchestrator;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Sends each request to a random healthy instance of its region, and scales regions for who knows
/// the admin token.
///
/// An instance that cannot answer is marked unhealthy; a GET then goes to the next one, other
/// methods do not: they may have had an effect.
public final class FleetWorker implements Worker {
  private static final Pattern PATH = Pattern.compile("/fleet/([^/]*)(/.*)");
  private static final Pattern REGION = Pattern.compile("[a-z][a-z0-9]{1,15}");

  /// Where the image's program answers any path.
  private static final String PROGRAM = "http://instance/cgi-bin/hello";

  private final Random random;

  public FleetWorker() {
    this(new Random());
  }

  FleetWorker(Random random) {
    this.random = random;
  }

  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) throws IOException {
    Matcher path = PATH.matcher(request.path());
    if (!path.matches()) {
      return refused(404, "expected /fleet/{region}/..., found " + request.path());
    }
    String region = path.group(1);
    if (!REGION.matcher(region).matches()) {
      return refused(
          400,
          "expected a region of 2 to 16 lower-case letters and digits, found '" + region + "'");
    }
    ManagerApi manager = env.objects("manager").getByName("fleet").as(ManagerApi.class);
    return switch (path.group(2)) {
      case "/scale" -> scale(request, env, manager, region);
      case "/instances" -> Response.json(manager.fleet(region));
      default ->
          balance(request.withUrl(PROGRAM + rest(request, path.start(2))), env, manager, region);
    };
  }

  private static Response scale(Request request, Env env, ManagerApi manager, String region) {
    if (!request.method().equals("POST")) {
      return refused(405, "expected method POST").withHeader("allow", "POST");
    }
    if (!isAdmin(request, env.secret("FLEET_ADMIN_TOKEN"))) {
      return refused(401, "expected header 'authorization: Bearer <the fleet's admin token>'")
          .withHeader("www-authenticate", "Bearer");
    }
    String count = request.query("count").orElse("");
    if (!count.matches("[0-9]{1,4}") || Integer.parseInt(count) > ManagerApi.INSTANCES_MAX) {
      return refused(
          400,
          "expected 'count' from 0 to " + ManagerApi.INSTANCES_MAX + ", found '" + count + "'");
    }
    return Response.json(manager.scale(region, Integer.parseInt(count)));
  }

  private static boolean isAdmin(Request request, String token) {
    byte[] expected = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
    byte[] found = request.header("authorization").orElse("").getBytes(StandardCharsets.UTF_8);
    return !token.isBlank() && MessageDigest.isEqual(expected, found);
  }

  private Response balance(Request request, Env env, ManagerApi manager, String region)
      throws IOException {
    List<String> healthy = new ArrayList<>(manager.healthy(region));
    if (healthy.isEmpty()) {
      return refused(
              503,
              "no healthy instance in region '"
                  + region
                  + "'; scale it up: POST /fleet/"
                  + region
                  + "/scale?count=1")
          .withHeader("retry-after", "5");
    }
    Collections.shuffle(healthy, random);
    int tries = request.method().equals("GET") ? healthy.size() : 1;
    String problem = "";
    for (String id : healthy.subList(0, tries)) {
      try {
        Response response =
            env.objects("instances").getByName(id, GetOptions.locationHint(region)).fetch(request);
        if (!isOutOfOrder(response)) {
          return response.withHeader("x-instance", id);
        }
        problem = id + " answered status " + response.status();
        response.body().stream().close();
      } catch (HoldfastException e) {
        problem = id + ": " + e.getMessage();
      }
      manager.setHealthy(id, false);
    }
    return refused(502, problem);
  }

  private static boolean isOutOfOrder(Response response) {
    return response.status() >= 502 && response.status() <= 504;
  }

  /// The path after the region, with the query.
  private static String rest(Request request, int start) {
    int query = request.url().indexOf('?');
    return request.path().substring(start) + (query < 0 ? "" : request.url().substring(query));
  }

  private static Response refused(int status, String message) {
    return Response.json(status, Map.of("error", message));
  }
}
