package io.holdfast.engine.docker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.SSLConfig;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import io.holdfast.engine.EngineConfig;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.nio.file.NoSuchFileException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.function.Supplier;

/// The client of one Docker Engine. Every call has a time limit; when the engine does not answer,
/// says so in our words.
final class DockerConnection implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final EngineConfig.Docker config;
  private final DockerHttpClient http;
  private final DockerClient client;
  private final DockerClientConfig settings;
  private volatile boolean closed;

  DockerConnection(EngineConfig.Docker config) {
    this.config = config;
    DockerClientConfig dockerConfig =
        DefaultDockerClientConfig.createDefaultConfigBuilder()
            .withDockerHost(config.host())
            .build();
    this.settings = dockerConfig;
    this.http =
        new ZerodepDockerHttpClient.Builder()
            .dockerHost(dockerConfig.getDockerHost())
            .sslConfig(dockerConfig.getSSLConfig())
            .maxConnections(config.connectionsMax())
            .connectionTimeout(Duration.ofSeconds(5))
            .build();
    this.client = DockerClientImpl.getInstance(dockerConfig, http);
  }

  DockerClient client() {
    return client;
  }

  String address() {
    return config.host();
  }

  /// Calls within the usual limit. A [DockerException] is an answer of the engine and passes.
  ///
  /// @throws HoldfastException `engine_unavailable` when there is no answer
  <T> T call(Supplier<T> action) {
    return call(config.requestTimeout(), action);
  }

  void run(Runnable action) {
    Object _ =
        call(() -> {
          action.run();
          return Boolean.TRUE;
        });
  }

  /// What Docker knows of a container.
  ///
  /// @throws com.github.dockerjava.api.exception.NotFoundException when there is none
  /// @throws HoldfastException `engine_unavailable` when it does not say
  InspectContainerResponse inspect(String container) {
    try {
      return call(() -> client.inspectContainerCmd(container).exec());
    } catch (NotFoundException e) {
      throw e;
    } catch (DockerException e) {
      throw new HoldfastException(
          ErrorCode.ENGINE_UNAVAILABLE,
          "the Docker Engine at %s cannot tell of container %s: %s"
              .formatted(address(), container, message(e)),
          e);
    }
  }

  /// For actions that can run again: on connections that turn out dead they do, see [#neverSent].
  private <T> T call(Duration limit, Supplier<T> action) {
    return call(limit, config.connectionsMax() + 1, action);
  }

  /// For an action that reads a stream and so cannot run again.
  <T> T callOnce(Duration limit, Supplier<T> action) {
    return call(limit, 1, action);
  }

  private <T> T call(Duration limit, int attemptsMax, Supplier<T> action) {
    try (CallDeadline deadline = new CallDeadline(limit)) {
      for (int attempt = 1; ; attempt++) {
        try {
          return action.get();
        } catch (DockerException | HoldfastException e) {
          throw e;
        } catch (RuntimeException e) {
          if (deadline.passed()) {
            throw silent(limit);
          }
          if (!neverSent(e) || attempt == attemptsMax) {
            throw unavailable(e);
          }
        }
      }
    }
  }

  /// After Docker was restarted every pooled connection is dead. Over a Unix socket the first write
  /// shows it, before anything was sent, so that the next connection is tried without asking
  /// whether the call may be repeated.
  private static boolean neverSent(RuntimeException e) {
    return "Broken pipe".equals(root(e).getMessage());
  }

  /// A `POST` by which Docker hands a connection over. Counts as no connection of the pool.
  ///
  /// @throws DockerException when Docker answers with an error
  HijackedLine hijack(String path, byte[] json) throws IOException {
    try (CallDeadline _ = new CallDeadline(config.requestTimeout())) {
      SSLConfig tls = settings.getSSLConfig();
      return HijackedLine.post(
          settings.getDockerHost(), tls == null ? null : tls.getSSLContext(), path, json);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  /// A `GET` that docker-java has no command for, read as JSON.
  JsonNode getJson(String path) {
    DockerHttpClient.Request request =
        DockerHttpClient.Request.builder()
            .method(DockerHttpClient.Request.Method.GET)
            .path(path)
            .build();
    return call(() -> {
      try (DockerHttpClient.Response response = http.execute(request);
          InputStream body = response.getBody()) {
        if (response.getStatusCode() >= 400) {
          throw new DockerException(
              new String(body.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8),
              response.getStatusCode());
        }
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    });
  }

  private HoldfastException silent(Duration limit) {
    return new HoldfastException(
        ErrorCode.ENGINE_UNAVAILABLE,
        "the Docker Engine at %s did not answer within %d ms"
            .formatted(address(), limit.toMillis()));
  }

  HoldfastException unavailable(Throwable e) {
    Throwable root = root(e);
    String hint =
        root instanceof ConnectException
                || root instanceof NoSuchFileException
                || root instanceof java.net.SocketException
            ? ": start it (`systemctl start docker`, or `dockerd &` without systemd), check that this user may use the"
                + " socket, or set holdfast.engine.docker.host"
            : "";
    return new HoldfastException(
        ErrorCode.ENGINE_UNAVAILABLE,
        "no Docker Engine answers at %s (%s)%s".formatted(address(), text(root), hint),
        root);
  }

  private static String text(Throwable e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static Throwable root(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  /// What is thrown for an answer that nobody expected.
  HoldfastException refused(DockerException e) {
    return new HoldfastException(
        ErrorCode.ENGINE_UNAVAILABLE,
        "the Docker Engine at %s refused: %s".formatted(address(), message(e)),
        e);
  }

  /// What the engine said, without the wrapping.
  static String message(DockerException e) {
    String text = e.getMessage() == null ? "" : e.getMessage();
    int brace = text.indexOf('{');
    if (brace >= 0) {
      try {
        JsonNode message = JSON.readTree(text.substring(brace)).path("message");
        return message.isTextual() ? message.asText().strip() : text;
      } catch (JsonProcessingException _) {
        return text.strip();
      }
    }
    return text.strip();
  }

  /// Between two looks at something that Docker tells no events of.
  static void pauseBriefly() {
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(
          ErrorCode.ENGINE_UNAVAILABLE, "interrupted while waiting for Docker", e);
    }
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    closed = true;
    try {
      client.close();
    } catch (IOException _) {
      // Its sockets are closed either way.
    }
  }
}
