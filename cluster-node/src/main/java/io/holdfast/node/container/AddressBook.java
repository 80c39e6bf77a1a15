package io.holdfast.node.container;

import io.holdfast.engine.egress.EgressClient;
import io.holdfast.engine.egress.EgressDirectory;
import io.holdfast.engine.http.ContainerHttpClient;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Which run an address leads to. Engines give addresses out again at once, while we may not yet
/// have seen the end of who had it before: its requests must not reach the new one. Thread-safe.
final class AddressBook implements EgressDirectory {
  /** A program may speak before its start has come back to us, or its object into memory. */
  private static final Duration KNOWN_WITHIN = Duration.ofSeconds(10);

  private final ContainerHttpClient http;
  private final OutboundServices outbound;
  private final Map<InetAddress, Entry> runs = new ConcurrentHashMap<>();

  /** Who spoke before its address was entered. */
  private final Map<InetAddress, CompletableFuture<Entry>> awaited = new ConcurrentHashMap<>();

  private record Entry(ContainerRun run, ContainerEgress egress) {}

  AddressBook(ContainerHttpClient http, OutboundServices outbound) {
    this.http = http;
    this.outbound = outbound;
  }

  /// From now on the address is this run's.
  void enter(InetAddress address, ContainerRun run, ContainerEgress egress) {
    Entry entry = new Entry(run, egress);
    Entry before = runs.put(address, entry);
    if (before != null && before.run() != run) {
      cut(address);
    }
    CompletableFuture<Entry> waiting = awaited.remove(address);
    if (waiting != null) {
      waiting.complete(entry);
    }
  }

  boolean leadsTo(InetAddress address, ContainerRun run) {
    Entry entry = runs.get(address);
    return entry != null && entry.run() == run;
  }

  /// The run has ended: its connections are cut.
  void leave(InetAddress address, ContainerRun run) {
    Entry entry = runs.get(address);
    if (entry != null && entry.run() == run && runs.remove(address, entry)) {
      cut(address);
    }
  }

  private void cut(InetAddress address) {
    http.closeAll(address);
    outbound.ended(address);
  }

  @Override
  public Optional<EgressClient> client(InetAddress source) {
    long deadline = System.nanoTime() + KNOWN_WITHIN.toNanos();
    try {
      Entry entry = entry(source).get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      var _ = entry.egress().known().get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      return entry.run().exited.isDone() ? Optional.empty() : Optional.of(entry.egress());
    } catch (TimeoutException | ExecutionException _) {
      return Optional.empty();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      awaited.remove(source);
    }
  }

  private CompletableFuture<Entry> entry(InetAddress source) {
    Entry there = runs.get(source);
    if (there != null) {
      return CompletableFuture.completedFuture(there);
    }
    CompletableFuture<Entry> waiting =
        awaited.computeIfAbsent(source, _ -> new CompletableFuture<>());
    Entry meanwhile = runs.get(source);
    return meanwhile == null ? waiting : CompletableFuture.completedFuture(meanwhile);
  }
}
