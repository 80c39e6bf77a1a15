package io.holdfast.node.cluster;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Silence can mean anything, so the failure detector waits for it to last. A machine that refuses connections to the port of
 * a process says that this process is gone: then the node is downed at once. That is about time only: what it owned is taken
 * by leases, whatever this has seen.
 */
/// Downs nodes whose process has died, seconds before their silence is noticed.
public final class DeadProcesses implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DeadProcesses.class);
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);
  private static final Duration CONNECT_MAX = Duration.ofMillis(500);

  /** In a row: a restart of a network device may refuse once. */
  private static final int REFUSALS = 3;

  private final Cluster cluster;
  private final Map<Address, Integer> refusals = new HashMap<>();
  private volatile boolean closed;

  public DeadProcesses(ActorSystem<?> system) {
    this.cluster = Cluster.get(system);
  }

  public void start() {
    Thread.ofVirtual().name("dead-processes").start(this::run);
  }

  private void run() {
    try {
      while (!closed) {
        for (Member member : cluster.state().getMembers()) {
          look(member);
        }
        Thread.sleep(LOOK_EVERY);
      }
    } catch (InterruptedException _) {
      // The end.
    }
  }

  private void look(Member member) {
    Address address = member.address();
    boolean counts =
        !address.equals(cluster.selfMember().address())
            && (member.status() == MemberStatus.up()
                || member.status() == MemberStatus.weaklyUp()
                || member.status() == MemberStatus.leaving());
    if (!counts || !refuses(address)) {
      refusals.remove(address);
    } else if (refusals.merge(address, 1, Integer::sum) == REFUSALS && !closed) {
      log.warn("the process of node {} is gone: it is no member any more", address);
      cluster.manager().tell(new Down(address));
    }
  }

  private static boolean refuses(Address address) {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(address.getHost().orElseThrow(), address.getPort().orElseThrow()),
          (int) CONNECT_MAX.toMillis());
      return false;
    } catch (ConnectException e) {
      return "Connection refused".equals(e.getMessage());
    } catch (IOException _) {
      return false;
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
