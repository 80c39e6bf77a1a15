package io.holdfast.examples.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.testkit.app.TestEnv;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FleetWorkerTest {
  /// Instances 0 to 2; those in [#broken] do not answer.
  private final Set<String> broken = new HashSet<>();

  private final FakeManager manager = new FakeManager();
  private final TestEnv env =
      new TestEnv()
          .objects("manager", name -> manager)
          .objects("instances", FakeInstance::new)
          .secret("FLEET_ADMIN_TOKEN", "open sesame");
  private final FleetWorker worker = new FleetWorker(new Random(1));

  private static final class FakeManager implements ManagerApi {
    final List<String> ids =
        new ArrayList<>(List.of("instance-weur-0", "instance-weur-1", "instance-weur-2"));
    final List<String> unhealthy = new ArrayList<>();

    @Override
    public Fleet scale(String region, int instanceCount) {
      return new Fleet(region, instanceCount, List.of());
    }

    @Override
    public void setHealthy(String id, boolean healthy) {
      ids.remove(id);
      unhealthy.add(id);
    }

    @Override
    public List<String> healthy(String region) {
      return ids;
    }

    @Override
    public Fleet fleet(String region) {
      return new Fleet(region, ids.size(), List.of());
    }
  }

  private final class FakeInstance {
    private final String name;

    FakeInstance(String name) {
      this.name = name;
    }

    public Response fetch(Request request) {
      if (broken.contains(name)) {
        throw new HoldfastException(ErrorCode.CONTAINER_START_FAILED, "it fell");
      }
      return Response.text(name + " " + request.url());
    }
  }

  @Test
  void spreadsRequestsOverAllHealthyInstances() throws Exception {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      seen.add(get("/fleet/weur/x").header("x-instance").orElseThrow());
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(manager.ids);
  }

  @Test
  void passesPathAndQueryOn() throws Exception {
    assertThat(get("/fleet/weur/a/b?c=d").body().text())
        .endsWith("http://instance/cgi-bin/hello/a/b?c=d");
  }

  @Test
  void aGetGoesToTheNextInstanceAndTheBrokenOnesAreMarked() throws Exception {
    broken.addAll(List.of("instance-weur-0", "instance-weur-2"));
    for (int i = 0; i < 20; i++) {
      assertThat(get("/fleet/weur/x").header("x-instance")).contains("instance-weur-1");
    }
    assertThat(manager.unhealthy).containsExactlyInAnyOrderElementsOf(broken);
  }

  @Test
  void aPostIsNeverSentTwice() throws Exception {
    broken.addAll(manager.ids);
    Response response = post("/fleet/weur/x", Headers.empty());
    assertThat(response.status()).isEqualTo(502);
    assertThat(response.body().text()).contains("it fell");
    assertThat(manager.unhealthy).hasSize(1);
  }

  @Test
  void saysThatARegionHasNoHealthyInstance() throws Exception {
    manager.ids.clear();
    Response response = get("/fleet/weur/x");
    assertThat(response.status()).isEqualTo(503);
    assertThat(response.header("retry-after")).isPresent();
  }

  @Test
  void scalesOnlyForWhoKnowsTheToken() throws Exception {
    assertThat(scale("2", "Bearer open sesame").body().text()).contains("\"wanted\":2");
    assertThat(scale("2", "Bearer open").status()).isEqualTo(401);
    assertThat(post("/fleet/weur/scale?count=2", Headers.empty()).status()).isEqualTo(401);
    assertThat(get("/fleet/weur/scale?count=2").status()).isEqualTo(405);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "11", "two", "99999999999"})
  void refusesACountOutOfRange(String count) throws Exception {
    assertThat(scale(count, "Bearer open sesame").status()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/fleet/W/x", "/fleet//x", "/fleet/we-ur/x"})
  void refusesABadRegion(String path) throws Exception {
    assertThat(get(path).status()).isEqualTo(400);
  }

  private Response scale(String count, String authorization) throws Exception {
    return post("/fleet/weur/scale?count=" + count, Headers.of("authorization", authorization));
  }

  private Response get(String path) throws Exception {
    return worker.fetch(Request.get("http://x" + path), env, env.execution());
  }

  private Response post(String path, Headers headers) throws Exception {
    return worker.fetch(
        Request.post("http://x" + path, Body.empty()).withHeaders(headers), env, env.execution());
  }
}
