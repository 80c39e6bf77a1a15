package io.holdfast.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.Address;
import org.junit.jupiter.api.Test;

/// Where a cluster is looked for.
class SeedsTest {
  private final List<String> known = new ArrayList<>(List.of("10.0.0.9", "10.0.0.2"));

  private InetAddress[] resolve(String name) throws UnknownHostException {
    if (!name.equals("nodes.example")) {
      throw new UnknownHostException(name);
    }
    List<InetAddress> all = new ArrayList<>();
    for (String address : known) {
      all.add(InetAddress.getByName(address));
    }
    return all.toArray(InetAddress[]::new);
  }

  private Seeds seeds(String... texts) {
    return new Seeds("holdfast", List.of(texts), this::resolve);
  }

  private static Address at(String host, int port) {
    return new Address("pekko", "holdfast", host, port);
  }

  @Test
  void hostsAreTakenAsTheyAreListed() {
    assertThat(seeds("b:7600", "a:7601", "b:7600").now())
        .containsExactly(at("b", 7600), at("a", 7601));
  }

  @Test
  void aNameStandsForAllItsAddressesSorted() {
    assertThat(seeds("dns:nodes.example:7600", "10.0.0.1:7600").now())
        .containsExactly(at("10.0.0.2", 7600), at("10.0.0.9", 7600), at("10.0.0.1", 7600));
  }

  @Test
  void aNameIsLookedUpEachTime() {
    Seeds seeds = seeds("dns:nodes.example:7600");
    assertThat(seeds.now()).hasSize(2);
    known.add("10.0.0.3");
    assertThat(seeds.now()).hasSize(3).contains(at("10.0.0.3", 7600));
  }

  @Test
  void anAddressOfTheSixthVersionIsInBrackets() {
    known.clear();
    known.add("fd00::1");
    assertThat(seeds("dns:nodes.example:7600").now())
        .containsExactly(at("[fd00:0:0:0:0:0:0:1]", 7600));
  }

  @Test
  void aNameThatNobodyKnowsHasNone() {
    assertThat(seeds("dns:nobody.example:7600", "a:7600").now()).containsExactly(at("a", 7600));
  }
}
