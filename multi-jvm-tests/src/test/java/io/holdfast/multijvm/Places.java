package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import org.awaitility.Awaitility;

/// What tests say to the app of [Apps#places], whose objects tell the region in which they run.
final class Places {
  private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(60);

  private Places() {}

  /// Adds a token to an object.
  ///
  /// @return the region of the object
  static String add(NodeProcess node, String place, String token) {
    return node.post("/place/" + place + "?token=" + token, "").ok();
  }

  /// The region of an object, then its tokens.
  static List<String> all(NodeProcess node, String place) {
    return node.get("/place/" + place).ok().lines().toList();
  }

  /// Asks for an object again and again, without a pause to speak of, until it answers.
  static void awaitAnswer(NodeProcess node, String place) {
    Awaitility.await(place)
        .atMost(ANSWERS_WITHIN)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> node.get("/place/" + place).status() == 200);
  }

  static void move(NodeProcess by, String place, String region) {
    move(by, "places", place, region);
  }

  static void move(NodeProcess by, String namespace, String object, String region) {
    assertThat(askToMove(by, namespace, object, region).ok())
        .isEqualTo("{\"region\":\"" + region + "\"}");
  }

  static NodeProcess.Answer askToMove(
      NodeProcess by, String namespace, String object, String region) {
    return by.admin(
        "namespaces/" + namespace + "/objects/" + object + "/move",
        "{\"region\":\"" + region + "\"}");
  }

  /// A client that adds tokens which begin with its name.
  static AddingClient client(
      NodeProcess node, String place, String name, Queue<String> acknowledged) {
    return AddingClient.start(
        node, acknowledged, number -> new AddingClient.Addition("/place/" + place, name + number));
  }
}
