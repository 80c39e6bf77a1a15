package io.holdfast.dockertests;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.InstanceType;
import io.holdfast.engine.ReadinessProbe;
import io.holdfast.engine.StartedContainer;
import io.holdfast.engine.docker.DockerContainerEngine;
import io.holdfast.engine.http.ContainerHttpClient;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.testkit.FakeContainerEngine;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/// Figures, not a test: `main` prints where a cold start spends its time and what the HTTP client
/// costs.
final class ContainerFigures {
  private static final EngineConfig CONFIG = EngineConfig.of(ConfigFactory.load());
  private static final String IMAGE = "holdfast-test/busybox:latest";
  private static final int STARTS = 10;
  private static final int PROBES = 50;

  private ContainerFigures() {}

  public static void main(String[] args) throws Exception {
    Thread main =
        Thread.ofVirtual()
            .start(() -> {
              try {
                httpFigures();
                probeFigures();
                for (InstanceType type : List.of(InstanceType.LITE, InstanceType.STANDARD_1)) {
                  coldStarts(type, 0);
                  coldStarts(type, 2);
                }
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    main.join();
  }

  /// Ours and the floor in turn, so that both meet the same machine.
  ///
  /// @param prepared how many networks are kept ready; there is time to make them between starts
  private static void coldStarts(InstanceType type, int prepared) throws Exception {
    DockerCommand.buildContractImage(IMAGE);
    long[][] figures = new long[Figure.values().length][STARTS];
    Deployment deployment = new Deployment("figures-" + UUID.randomUUID());
    try (DockerContainerEngine engine =
            DockerContainerEngine.open(
                EngineConfig.of(
                    ConfigFactory.parseString("holdfast.engine.network.prepared = " + prepared)
                        .withFallback(ConfigFactory.load())),
                deployment);
        ContainerHttpClient http = new ContainerHttpClient(CONFIG.http())) {
      engine.checkAvailable();
      String holder = DockerFloor.holder(IMAGE);
      String alike = prepared == 0 ? networkWithoutInternet(deployment) : "container:" + holder;
      for (int i = -2; i < STARTS; i++) {
        long[] ours = ours(engine, http, type, i);
        Thread.sleep(1_000);
        long[] floor = floor(alike);
        if (i >= 0) {
          for (int figure = 0; figure < ours.length; figure++) {
            figures[figure][i] = ours[figure];
          }
          figures[Figure.FLOOR_IN_SUCH_A_NETWORK.ordinal()][i] = floor[0];
          figures[Figure.FLOOR_OF_RESUME.ordinal()][i] = floor[1];
          figures[Figure.FLOOR_ON_THE_DEFAULT_BRIDGE.ordinal()][i] = floor("bridge")[0];
        }
      }
      DockerFloor.remove(holder);
      engine.removeNetworks();
    }
    System.out.printf("%s, %d networks prepared, p50 of %d in ms:", type.name(), prepared, STARTS);
    for (Figure figure : Figure.values()) {
      System.out.printf(
          " %s %.1f", figure.name().toLowerCase(Locale.ROOT), p50(figures[figure.ordinal()]));
    }
    System.out.println();
  }

  /** What is measured of a cold start; those of Holdfast first. */
  private enum Figure {
    CREATE,
    START,
    INSPECT,
    READY,
    FIRST_ANSWER,
    RESUME,
    RESUME_AND_ANSWER,
    FLOOR_IN_SUCH_A_NETWORK,
    FLOOR_ON_THE_DEFAULT_BRIDGE,
    FLOOR_OF_RESUME
  }

  private static String networkWithoutInternet(Deployment deployment) throws Exception {
    for (String name :
        DockerCommand.docker(
                "network",
                "ls",
                "--format",
                "{{.Name}}",
                "--filter",
                "label=io.holdfast.deployment=" + deployment.id())
            .lines()
            .toList()) {
      if (DockerCommand.docker("network", "inspect", "-f", "{{.Internal}}", name)
          .strip()
          .equals("true")) {
        return name;
      }
    }
    throw new IllegalStateException("expected a network of " + deployment);
  }

  private static long[] ours(
      DockerContainerEngine engine, ContainerHttpClient http, InstanceType type, int number) {
    ContainerOwner owner = new ContainerOwner("a", "b", "%064x".formatted(number + 10), "n", 1);
    ContainerSpec spec = ContainerSpec.of(owner, IMAGE).instanceType(type).build();
    long before = System.nanoTime();
    StartedContainer container = engine.start(spec);
    Duration ready =
        new ReadinessProbe(engine)
            .await(container, new Readiness.Tcp(8080), Duration.ofSeconds(10));
    http.fetch(container.endpoint(8080), Request.get("/")).body().bytes();
    long answered = System.nanoTime() - before;
    engine.pause(container.id());
    long paused = System.nanoTime();
    engine.resume(container.id());
    long resumed = System.nanoTime() - paused;
    http.fetch(container.endpoint(8080), Request.get("/")).body().bytes();
    long answeredAgain = System.nanoTime() - paused;
    engine.destroy(container.id());
    return new long[] {
      container.timing().create().toNanos(),
      container.timing().start().toNanos(),
      container.timing().inspect().toNanos(),
      ready.toNanos(),
      answered,
      resumed,
      answeredAgain
    };
  }

  private static long[] floor(String network) throws IOException {
    long before = System.nanoTime();
    String id = DockerFloor.run(IMAGE, network);
    long started = System.nanoTime() - before;
    DockerFloor.pause(id);
    long paused = System.nanoTime();
    DockerFloor.unpause(id);
    long resumed = System.nanoTime() - paused;
    DockerFloor.remove(id);
    return new long[] {started, resumed};
  }

  /** From when a program listens until the probe says so. */
  private static void probeFigures() throws Exception {
    ReadinessProbe probe = new ReadinessProbe(new FakeContainerEngine());
    InetAddress loopback = InetAddress.getLoopbackAddress();
    long[] added = new long[PROBES];
    for (int i = 0; i < PROBES; i++) {
      int port;
      try (ServerSocket free = new ServerSocket(0, 50, loopback)) {
        port = free.getLocalPort();
      }
      long listenAfterMillis = 20 + i * 10L;
      CompletableFuture<Long> listening = new CompletableFuture<>();
      Thread program =
          Thread.ofPlatform()
              .start(() -> {
                try (ServerSocket listener = new ServerSocket()) {
                  Thread.sleep(listenAfterMillis);
                  listener.bind(new InetSocketAddress(loopback, port));
                  listening.complete(System.nanoTime());
                  listener.accept().close();
                } catch (IOException | InterruptedException e) {
                  listening.completeExceptionally(e);
                }
              });
      probe.await(
          new ContainerId("figures"),
          loopback,
          new Readiness.Tcp(port),
          Duration.ofSeconds(10),
          new CompletableFuture<>());
      added[i] = System.nanoTime() - listening.get();
      program.join();
    }
    System.out.printf(
        "readiness, %d programs that listen after 20 to %d ms: the probe adds p50 %.2f p99 %.2f ms%n",
        PROBES, 10 + PROBES * 10, p50(added), percentile(added, 0.99));
  }

  private static double p50(long[] nanos) {
    return percentile(nanos, 0.5);
  }

  private static double percentile(long[] nanos, double share) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return sorted[(int) ((sorted.length - 1) * share)] / 1e6;
  }

  private static void httpFigures() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        ContainerHttpClient http = new ContainerHttpClient(CONFIG.http())) {
      Thread.ofPlatform().daemon().start(() -> serve(listener));
      InetSocketAddress endpoint =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort());
      Request get = Request.get("http://container/some/path?x=1").withHeader("accept", "*/*");
      for (int round = 0; round < 4; round++) {
        long[] direct = direct(endpoint, 10_000);
        long[] through = new long[10_000];
        for (int i = 0; i < through.length; i++) {
          long before = System.nanoTime();
          http.fetch(endpoint, get).body().bytes();
          through[i] = System.nanoTime() - before;
        }
        System.out.printf(
            "http c=1 in ms: bare socket p50 %.4f p99 %.4f, ContainerHttpClient p50 %.4f p99 %.4f%n",
            p50(direct), percentile(direct, 0.99), p50(through), percentile(through, 0.99));
      }
    }
  }

  /** The least a client can do: write fixed bytes, read a known number of bytes. */
  private static long[] direct(InetSocketAddress endpoint, int count) throws IOException {
    byte[] request =
        "GET /some/path?x=1 HTTP/1.1\r\nHost: container\r\naccept: */*\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);
    long[] times = new long[count];
    byte[] buffer = new byte[4096];
    try (Socket socket = new Socket()) {
      socket.setTcpNoDelay(true);
      socket.connect(endpoint);
      for (int i = 0; i < count; i++) {
        long before = System.nanoTime();
        socket.getOutputStream().write(request);
        int left = ANSWER.length;
        while (left > 0) {
          left -= socket.getInputStream().read(buffer);
        }
        times[i] = System.nanoTime() - before;
      }
    }
    return times;
  }

  private static final byte[] ANSWER =
      ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\n"
              + "Content-Length: 13\r\n\r\nHello, World!")
          .getBytes(StandardCharsets.US_ASCII);

  private static void serve(ServerSocket listener) {
    while (true) {
      try {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        Thread.ofPlatform().daemon().start(() -> answer(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void answer(Socket socket) {
    byte[] buffer = new byte[4096];
    try (socket) {
      InputStream in = socket.getInputStream();
      int ends = 0;
      int count;
      while ((count = in.read(buffer)) > 0) {
        for (int i = 0; i < count; i++) {
          ends = buffer[i] == '\n' || buffer[i] == '\r' ? ends + 1 : 0;
          if (ends == 4) {
            socket.getOutputStream().write(ANSWER);
          }
        }
      }
    } catch (IOException e) {
      // The client is gone.
    }
  }
}
