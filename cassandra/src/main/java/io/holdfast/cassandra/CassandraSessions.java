package io.holdfast.cassandra;

import com.datastax.oss.driver.api.core.AllNodesFailedException;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.DriverException;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.datastax.oss.driver.internal.core.specex.ConstantSpeculativeExecutionPolicy;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Connections to Cassandra.
public final class CassandraSessions {
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration RECONNECT_FIRST = Duration.ofMillis(200);

  /** Well below how long a node may be silent: who is late has lost its objects to the others. */
  private static final Duration RECONNECT_MAX = Duration.ofMillis(500);

  /** A node of Cassandra that stands still is not to hold up what others could answer. */
  private static final Duration ASK_ANOTHER_AFTER = Duration.ofMillis(500);

  private static final int ASKED_MAX = 3;
  private static final Duration HEARTBEAT = Duration.ofSeconds(5);
  private static final Duration HEARTBEAT_TIMEOUT = Duration.ofSeconds(2);

  private CassandraSessions() {}

  /// Connects; blocks. The caller closes it.
  ///
  /// @param contactPoints some nodes of Cassandra; the others are learned from them
  /// @param datacenter Cassandra's own data center; only nodes in it are asked
  /// @throws HoldfastException `storage_failed` when none of them answers; `config_invalid` when
  ///   the data center is not theirs
  public static CqlSession open(List<InetSocketAddress> contactPoints, String datacenter) {
    CqlSession session;
    try {
      session =
          CqlSession.builder()
              .withConfigLoader(
                  DriverConfigLoader.programmaticBuilder()
                      .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, REQUEST_TIMEOUT)
                      .withString(DefaultDriverOption.REQUEST_CONSISTENCY, "LOCAL_QUORUM")
                      // All but lightweight transactions, which say so.
                      .withBoolean(DefaultDriverOption.REQUEST_DEFAULT_IDEMPOTENCE, true)
                      .withClass(
                          DefaultDriverOption.SPECULATIVE_EXECUTION_POLICY_CLASS,
                          ConstantSpeculativeExecutionPolicy.class)
                      .withInt(DefaultDriverOption.SPECULATIVE_EXECUTION_MAX, ASKED_MAX)
                      .withDuration(
                          DefaultDriverOption.SPECULATIVE_EXECUTION_DELAY, ASK_ANOTHER_AFTER)
                      .withDuration(DefaultDriverOption.HEARTBEAT_INTERVAL, HEARTBEAT)
                      .withDuration(DefaultDriverOption.HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT)
                      .withDuration(DefaultDriverOption.RECONNECTION_BASE_DELAY, RECONNECT_FIRST)
                      .withDuration(DefaultDriverOption.RECONNECTION_MAX_DELAY, RECONNECT_MAX)
                      .build())
              .addContactPoints(contactPoints)
              .withLocalDatacenter(datacenter)
              .build();
    } catch (AllNodesFailedException e) {
      throw new HoldfastException(
          ErrorCode.STORAGE_FAILED,
          "Cassandra: expected an answer from one of %s, found none"
              .formatted(texts(contactPoints)),
          e);
    } catch (DriverException | IllegalStateException e) {
      throw new HoldfastException(
          ErrorCode.STORAGE_FAILED,
          "Cassandra at %s: %s".formatted(texts(contactPoints), e.getMessage()),
          e);
    }
    Set<String> theirs =
        session.getMetadata().getNodes().values().stream()
            .map(node -> String.valueOf(node.getDatacenter()))
            .collect(Collectors.toCollection(TreeSet::new));
    if (!theirs.contains(datacenter)) {
      session.close();
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "Cassandra at %s: expected a data center '%s', found %s"
              .formatted(texts(contactPoints), datacenter, theirs));
    }
    return session;
  }

  private static List<String> texts(List<InetSocketAddress> addresses) {
    return addresses.stream().map(each -> each.getHostString() + ":" + each.getPort()).toList();
  }
}
