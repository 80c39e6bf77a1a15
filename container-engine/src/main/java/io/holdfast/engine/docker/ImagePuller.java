package io.holdfast.engine.docker;

import com.github.dockerjava.api.command.PullImageCmd;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import io.holdfast.engine.ImageConfig;
import io.holdfast.engine.ImagePull;
import io.holdfast.engine.ImagePulls;
import io.holdfast.engine.ImageReference;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Pulls images from registries, each once for all who wait for it. Thread-safe.
///
/// A pull runs on a thread of its own: it goes on when those who wait for it give up, and the next
/// one who asks finds it under way or done.
final class ImagePuller {
  private static final Logger LOG = LoggerFactory.getLogger(ImagePuller.class);
  private static final Duration REPORT_EVERY = Duration.ofSeconds(10);

  private final DockerConnection docker;
  private final ImageConfig config;
  private final RegistryLogins logins;
  private final Semaphore slots;
  private final Map<String, Pull> underWay = new ConcurrentHashMap<>();
  private volatile Consumer<String> listener = _ -> {};
  private final AtomicLong succeeded = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  private record Pull(PullProgress progress, CompletableFuture<Void> done) {}

  ImagePuller(DockerConnection docker, ImageConfig config) {
    this.docker = docker;
    this.config = config;
    this.logins = new RegistryLogins(config);
    this.slots = new Semaphore(config.pullsMax(), true);
  }

  /// Whether an image that the engine has not may be pulled at all; else says why not.
  @Nullable String refusal(String image) {
    if (config.pull() == ImageConfig.PullPolicy.NEVER) {
      return "holdfast.engine.images.pull = never";
    }
    return ImageReference.of(image).registry().isPresent()
        ? null
        : "its reference names no registry, as `docker.io/library/%s` would".formatted(image);
  }

  void onPulled(Consumer<String> told) {
    listener = told;
  }

  ImagePulls pulls() {
    return new ImagePulls(
        underWay.values().stream().map(pull -> pull.progress.seen()).toList(),
        succeeded.get(),
        failed.get(),
        bytes.get());
  }

  /// See [io.holdfast.engine.ContainerEngine#pull]; asks the registry even when the image is there.
  void pull(String image) {
    try {
      underWay.computeIfAbsent(image, this::begin).done.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(
          ErrorCode.ENGINE_UNAVAILABLE, "interrupted while image %s is pulled".formatted(image), e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof HoldfastException known
          // A fault of each waiter's own: its stack is theirs.
          ? new HoldfastException(known.code(), String.valueOf(known.getMessage()), known)
          : new HoldfastException(ErrorCode.INTERNAL, "unexpected: " + e.getCause(), e.getCause());
    }
  }

  private Pull begin(String image) {
    Pull pull = new Pull(new PullProgress(image), new CompletableFuture<>());
    Thread.ofVirtual().name("holdfast-image-pull").start(() -> run(image, pull));
    return pull;
  }

  private void run(String image, Pull pull) {
    HoldfastException fault = null;
    try {
      runInSlot(image, pull.progress);
      listener.accept(image);
      succeeded.incrementAndGet();
      LOG.info("pulled: {}", pull.progress.seen().text(Instant.now()));
    } catch (HoldfastException e) {
      failed.incrementAndGet();
      LOG.warn("{}", e.getMessage());
      fault = e;
    } catch (RuntimeException e) {
      failed.incrementAndGet();
      LOG.warn("image {} could not be pulled", image, e);
      fault = new HoldfastException(ErrorCode.INTERNAL, "unexpected: " + e, e);
    } finally {
      bytes.addAndGet(pull.progress.seen().bytesDone());
      underWay.remove(image, pull);
    }
    if (fault == null) {
      pull.done.complete(null);
    } else {
      pull.done.completeExceptionally(fault);
    }
  }

  private void runInSlot(String image, PullProgress progress) {
    long deadline = System.nanoTime() + config.pullTimeout().toNanos();
    boolean taken = false;
    try {
      taken = slots.tryAcquire(config.pullTimeout().toNanos(), TimeUnit.NANOSECONDS);
      if (!taken) {
        throw failed(image, "%d other pulls took longer".formatted(config.pullsMax()), null);
      }
      fetch(image, progress, deadline);
    } catch (InterruptedException e) {
      throw failed(image, "interrupted", e);
    } finally {
      if (taken) {
        slots.release();
      }
    }
  }

  private void fetch(String image, PullProgress progress, long deadline)
      throws InterruptedException {
    ImageReference reference = ImageReference.of(image);
    PullImageCmd command =
        docker.client().pullImageCmd(reference.repository()).withTag(reference.version());
    // Without this docker-java looks for a login of its own.
    command.withAuthConfig(logins.login(reference).orElse(null));
    LOG.info("pulling image {}", image);
    try {
      command.exec(progress);
      awaitEnd(image, progress, deadline);
    } catch (DockerException e) {
      throw refused(image, DockerConnection.message(e), e);
    } catch (HoldfastException e) {
      throw e;
    } catch (RuntimeException e) {
      throw docker.unavailable(e);
    } finally {
      close(progress);
    }
    String error = progress.error();
    if (error != null) {
      throw refused(image, error, null);
    }
    if (!progress.succeeded()) {
      throw new HoldfastException(
          ErrorCode.ENGINE_UNAVAILABLE,
          "the Docker Engine at %s broke off while it pulled image %s"
              .formatted(docker.address(), image));
    }
  }

  private void awaitEnd(String image, PullProgress progress, long deadline)
      throws InterruptedException {
    while (true) {
      long left = deadline - System.nanoTime();
      try {
        progress.ended().get(Math.clamp(left, 0, REPORT_EVERY.toNanos()), TimeUnit.NANOSECONDS);
        return;
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException known ? known : docker.unavailable(e);
      } catch (TimeoutException _) {
        // Goes on, or is over.
      }
      ImagePull seen = progress.seen();
      if (left <= 0) {
        throw failed(
            image,
            "it took longer than %d s (%s)"
                .formatted(config.pullTimeout().toSeconds(), seen.text(Instant.now())),
            null);
      }
      LOG.info("{}", seen.text(Instant.now()));
    }
  }

  /// Ends the pull when it is still under way.
  private static void close(PullProgress progress) {
    try {
      progress.close();
    } catch (IOException _) {
      // It is closed either way.
    }
  }

  private HoldfastException refused(String image, String message, @Nullable DockerException e) {
    String lower = message.toLowerCase(Locale.ROOT);
    if (e instanceof NotFoundException || says(lower, "manifest unknown", "not found")) {
      return new HoldfastException(
          ErrorCode.IMAGE_NOT_FOUND,
          "image '%s' is neither on the Docker Engine at %s nor at its registry: %s"
              .formatted(image, docker.address(), message),
          e);
    }
    if (says(lower, "unauthorized", "denied", "no basic auth", "authentication", "forbidden")) {
      return new HoldfastException(
          ErrorCode.IMAGE_PULL_DENIED,
          "image '%s' could not be pulled %s: %s (logins are in holdfast.engine.images.registries or %s)"
              .formatted(image, who(image), message, config.dockerConfig().resolve("config.json")),
          e);
    }
    return failed(image, message, e);
  }

  private String who(String image) {
    return logins
        .login(ImageReference.of(image))
        .map(login -> "as '" + login.getUsername() + "'")
        .orElse("without a login");
  }

  private static boolean says(String message, String... words) {
    return Stream.of(words).anyMatch(message::contains);
  }

  private static HoldfastException failed(String image, String why, @Nullable Throwable cause) {
    return new HoldfastException(
        ErrorCode.IMAGE_PULL_FAILED,
        "image '%s' could not be pulled: %s".formatted(image, why),
        cause);
  }
}
