package io.holdfast.node.placement;

import io.holdfast.node.cluster.Members;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.ShardCoordinator;
import org.apache.pekko.cluster.typed.Cluster;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;

/// Gives the shards of one kind to the nodes of this region, as [ShardPlan] says. Pekko asks it on
/// the node that coordinates them.
public final class ShardPlacement extends ShardCoordinator.AbstractShardAllocationStrategy {
  private final Cluster cluster;
  private final Members members;
  private final Optional<HostReports> reports;

  /// @param reports of the nodes, when those get more that may give more to containers
  public ShardPlacement(Cluster cluster, Members members, Optional<HostReports> reports) {
    this.cluster = cluster;
    this.members = members;
    this.reports = reports;
  }

  @Override
  public Future<ActorRef> allocateShard(
      ActorRef requester, String shard, Map<ActorRef, IndexedSeq<String>> hosts) {
    reports.ifPresent(HostReports::refresh);
    return Future.successful(plan(hosts).host());
  }

  /// Nothing is moved while nodes come and go: who leaves hands its shards over anyway.
  @Override
  public Future<Set<String>> rebalance(
      Map<ActorRef, IndexedSeq<String>> hosts, Set<String> moving) {
    reports.ifPresent(HostReports::refresh);
    return Future.successful(
        hosts.isEmpty() || !isQuiet() ? Set.of() : plan(hosts).leaving(moving));
  }

  private boolean isQuiet() {
    CurrentClusterState state = cluster.state();
    String region = cluster.selfMember().dataCenter();
    return inRegion(state.getMembers(), region)
            .allMatch(member -> member.status() == MemberStatus.up())
        && inRegion(state.getUnreachable(), region).findAny().isEmpty();
  }

  private static Stream<Member> inRegion(Iterable<Member> members, String region) {
    return StreamSupport.stream(members.spliterator(), false)
        .filter(member -> member.dataCenter().equals(region));
  }

  private ShardPlan<ActorRef> plan(Map<ActorRef, IndexedSeq<String>> hosts) {
    Map<Address, String> zones =
        members.up().stream()
            .collect(Collectors.toMap(Members.Node::address, Members.Node::zone, (a, _) -> a));
    double mean =
        hosts.keySet().stream()
            .mapToDouble(host -> report(host).budget())
            .filter(budget -> budget > 0)
            .average()
            .orElse(1);
    return new ShardPlan<>(
        hosts.entrySet().stream()
            .map(each -> {
              HostReport report = report(each.getKey());
              return new ShardPlan.Host<>(
                  each.getKey(),
                  zones.getOrDefault(address(each.getKey()), ""),
                  report.budget() > 0 ? report.budget() / mean : 1,
                  report,
                  List.copyOf(CollectionConverters.asJava(each.getValue())));
            })
            .sorted(Comparator.comparing(host -> address(host.node()).toString()))
            .toList());
  }

  private HostReport report(ActorRef host) {
    return reports.map(all -> all.of(address(host))).orElse(HostReport.NONE);
  }

  private Address address(ActorRef host) {
    Address address = host.path().address();
    return address.hasLocalScope() ? cluster.selfMember().address() : address;
  }
}
