package io.holdfast.node.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.node.peer.Peers;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/// What all nodes of a cluster must have alike. A node that joins asks one that is there, and ends
/// when it differs. Of what is named `namespace ...` only what both have counts: apps come and go.
public final class Agreement {
  /// Counts up with each change of what nodes tell each other.
  static final int PROTOCOL = 6;

  /// What the names of what is said about a namespace begin with.
  public static final String NAMESPACE = "namespace ";

  private static final String TOPIC = "agreement";
  private static final Duration ASK_EVERY = Duration.ofSeconds(2);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);
  private final Cluster cluster;
  private final Peers peers;
  private final SequencedMap<String, String> own;

  /// From now on others are told what this node has: before it is a member, so that each member
  /// answers.
  ///
  /// @param own by the names of settings, in a form in which equal ones are equal
  public Agreement(ActorSystem<?> system, SequencedMap<String, String> own) {
    this.cluster = Cluster.get(system);
    this.peers = Peers.get(system);
    this.own = new LinkedHashMap<>(own);
    this.own.put("the version of the messages between nodes", Integer.toString(PROTOCOL));
    byte[] text = text(this.own).getBytes(UTF_8);
    peers.answers(TOPIC, () -> text);
  }

  /// Asks what the others have, once this node is a member. Blocks.
  ///
  /// @throws HoldfastException `config_invalid` with all that is different
  public void check() {
    long deadline = System.nanoTime() + ANSWER_MAX.toNanos();
    while (true) {
      List<CompletableFuture<byte[]>> answers = new ArrayList<>();
      for (Member member : cluster.state().getMembers()) {
        boolean other = !member.address().equals(cluster.selfMember().address());
        if (other && member.status() == MemberStatus.up()) {
          answers.add(peers.ask(member.address(), TOPIC));
        }
      }
      if (answers.isEmpty()) {
        return;
      }
      try {
        compare(own, parse(first(answers)));
        return;
      } catch (TimeoutException e) {
        // Machines on which a whole cluster starts are busy; and who has not answered may be gone.
        if (System.nanoTime() > deadline) {
          throw new HoldfastException(
              ErrorCode.CONFIG_INVALID,
              "expected a member of the cluster to say within %d s what it has agreed on, found none that does: is it of another version?"
                  .formatted(ANSWER_MAX.toSeconds()),
              e);
        }
      }
    }
  }

  private static String first(List<CompletableFuture<byte[]>> answers) throws TimeoutException {
    try {
      return new String(
          (byte[])
              CompletableFuture.anyOf(answers.toArray(CompletableFuture[]::new))
                  .get(ASK_EVERY.toMillis(), TimeUnit.MILLISECONDS),
          UTF_8);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // Answers do not fail that soon.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, "interrupted while joining", e);
    }
  }

  private static String text(Map<String, String> agreement) {
    return String.join(
        "\n",
        agreement.entrySet().stream().map(each -> each.getKey() + "\t" + each.getValue()).toList());
  }

  private static Map<String, String> parse(String text) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String line : text.split("\n", -1)) {
      String[] both = line.split("\t", 2);
      all.put(both[0], both.length == 2 ? both[1] : "");
    }
    return all;
  }

  static void compare(Map<String, String> own, Map<String, String> theirs) {
    List<String> differences =
        Stream.concat(own.keySet().stream(), theirs.keySet().stream())
            .distinct()
            .filter(key ->
                !key.startsWith(NAMESPACE) || (own.containsKey(key) && theirs.containsKey(key)))
            .filter(key -> !theirs.getOrDefault(key, "").equals(own.getOrDefault(key, "")))
            .map(key ->
                "%s: expected %s, as the cluster has, found %s"
                    .formatted(
                        key, theirs.getOrDefault(key, "nothing"), own.getOrDefault(key, "nothing")))
            .toList();
    if (!differences.isEmpty()) {
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, String.join("; ", differences));
    }
  }
}
