package io.holdfast.dockertests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.ImagePull;
import io.holdfast.engine.ReadinessProbe;
import io.holdfast.engine.StartedContainer;
import io.holdfast.engine.docker.DockerContainerEngine;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Pulling images from a registry, by a real Docker Engine from a registry on loopback.
@Timeout(60)
class ImagePullIT {
  private static final Deployment DEPLOYMENT = new Deployment("it-pull-" + UUID.randomUUID());
  private final String salt = UUID.randomUUID().toString();
  private final List<String> pulled = new ArrayList<>();
  private final List<DockerContainerEngine> engines = new ArrayList<>();
  private TestRegistry registry;

  @TempDir private Path dockerConfig;

  @BeforeEach
  void openRegistry() throws Exception {
    registry = new TestRegistry();
  }

  @AfterEach
  void removeEverything() throws Exception {
    registry.close();
    for (DockerContainerEngine engine : engines) {
      engine.list().forEach(found -> engine.destroy(found.id()));
      engine.removeNetworks();
      engine.close();
    }
    for (String image : pulled) {
      DockerCommand.docker("rmi", "-f", image);
    }
  }

  private DockerContainerEngine engine(String... settings) {
    Config config =
        ConfigFactory.parseString(
                String.join("\n", settings)
                    + "\nholdfast.engine.images.docker-config = \"%s\"".formatted(dockerConfig))
            .withFallback(ConfigFactory.load());
    DockerContainerEngine engine =
        DockerContainerEngine.open(EngineConfig.of(config.resolve()), DEPLOYMENT);
    engines.add(engine);
    return engine;
  }

  private String pushed() throws Exception {
    String reference = registry.push("shop/cart", "7", salt);
    pulled.add(reference);
    return reference;
  }

  private static HoldfastException fault(ThrowingCallable call) {
    HoldfastException fault = catchThrowableOfType(HoldfastException.class, call);
    assertThat(fault).as("a fault was expected").isNotNull();
    return fault;
  }

  private static ContainerSpec spec(String image, int object) {
    return ContainerSpec.of(new ContainerOwner("a", "b", "%064x".formatted(object), "n", 1), image)
        .build();
  }

  @Test
  void startsFromAnImageThatItPullsFirst() throws Exception {
    DockerContainerEngine engine = engine();
    String image = pushed();
    StartedContainer container = engine.start(spec(image, 1));
    new ReadinessProbe(engine)
        .await(container, new Readiness.AnyHttp(8080), Duration.ofSeconds(20));
    assertThat(engine.imagePresent(image)).isTrue();
    assertThat(engine.pulls().succeeded()).isEqualTo(1);
    assertThat(engine.pulls().underWay()).isEmpty();
    assertThat(engine.pulls().bytes()).isGreaterThan(100_000);
  }

  @Test
  void pullsOnceForAllWhoWaitAndTellsHowFarItIs() throws Exception {
    DockerContainerEngine engine = engine();
    String image = pushed();
    registry.holdBlobs();
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      waiting.add(CompletableFuture.runAsync(() -> engine.pull(image), Thread.ofVirtual()::start));
    }
    Awaitility.await("half of the layer")
        .atMost(Duration.ofSeconds(20))
        .until(() -> engine.pulls().of(image).filter(pull -> pull.bytesDone() > 0).isPresent());
    ImagePull half = engine.pulls().of(image).orElseThrow();
    assertThat(half.layers()).isEqualTo(1);
    assertThat(half.layersDone()).isZero();
    assertThat(half.bytesDone()).isLessThan(half.bytes());
    assertThat(half.text(Instant.now())).contains(image).contains("0 of 1 layers");
    assertThat(waiting).noneMatch(CompletableFuture::isDone);
    registry.releaseBlobs();
    for (CompletableFuture<Void> each : waiting) {
      each.get(20, TimeUnit.SECONDS);
    }
    assertThat(engine.pulls().succeeded()).isEqualTo(1);
  }

  @Test
  void pullsByDigest() throws Exception {
    DockerContainerEngine engine = engine();
    String byTag = pushed();
    String image = registry.byDigest("shop/cart", "7");
    pulled.clear();
    engine.pull(image);
    assertThat(engine.imagePresent(image)).isTrue();
    assertThat(engine.imagePresent(byTag)).isFalse();
    DockerCommand.docker("rmi", "-f", image);
  }

  @Test
  void showsTheLoginOfTheSettings() throws Exception {
    registry.demandsLogin("me", "secret");
    String image = pushed();
    engine(
            "holdfast.engine.images.registries = [{host = \"%s\", username = me, password = secret}]"
                .formatted(registry.host()))
        .pull(image);
    assertThat(engine().imagePresent(image)).isTrue();
  }

  @Test
  void showsTheLoginThatDockerHasNoted() throws Exception {
    registry.demandsLogin("you", "word");
    String image = pushed();
    String login = Base64.getEncoder().encodeToString("you:word".getBytes(StandardCharsets.UTF_8));
    Files.writeString(
        dockerConfig.resolve("config.json"),
        "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(registry.host(), login));
    DockerContainerEngine engine = engine();
    engine.pull(image);
    assertThat(engine.imagePresent(image)).isTrue();
  }

  @Test
  void saysThatTheRegistryWantsToKnowWhoAsks() throws Exception {
    registry.demandsLogin("me", "secret");
    String image = registry.push("shop/cart", "7", salt);
    HoldfastException fault = fault(() -> engine().pull(image));
    assertThat(fault.code()).as(fault.getMessage()).isEqualTo(ErrorCode.IMAGE_PULL_DENIED);
    assertThat(fault).hasMessageContaining("without a login");
    HoldfastException wrong =
        fault(() ->
            engine(
                    "holdfast.engine.images.registries = [{host = \"%s\", username = me, password = wrong}]"
                        .formatted(registry.host()))
                .pull(image));
    assertThat(wrong.code()).as(wrong.getMessage()).isEqualTo(ErrorCode.IMAGE_PULL_DENIED);
    assertThat(wrong).hasMessageContaining("as 'me'").hasMessageNotContaining("wrong");
  }

  @Test
  void saysThatTheRegistryHasNoSuchImage() throws Exception {
    DockerContainerEngine engine = engine();
    String image = registry.host() + "/shop/none:1";
    HoldfastException fault = fault(() -> engine.start(spec(image, 1)));
    assertThat(fault.code()).as(fault.getMessage()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND);
    assertThat(fault).hasMessageContaining(image).hasMessageContaining("registry");
    assertThat(engine.pulls().failed()).isEqualTo(1);
  }

  @Test
  void givesUpWhenTheRegistryIsTooSlowAndPullsAgainWhenAsked() throws Exception {
    String image = pushed();
    registry.holdBlobs();
    DockerContainerEngine engine = engine("holdfast.engine.images.pull-timeout = 1 s");
    HoldfastException fault = fault(() -> engine.pull(image));
    assertThat(fault.code()).as(fault.getMessage()).isEqualTo(ErrorCode.IMAGE_PULL_FAILED);
    assertThat(fault).hasMessageContaining("longer than 1 s").hasMessageContaining("of 1 layers");
    assertThat(engine.pulls().underWay()).isEmpty();
    registry.releaseBlobs();
    engine().pull(image);
    assertThat(engine.imagePresent(image)).isTrue();
  }

  @Test
  void refusesALayerThatIsNotWhatItsDigestSays() throws Exception {
    String image = registry.push("shop/cart", "7", salt);
    registry.breakBlobs();
    DockerContainerEngine engine = engine();
    HoldfastException fault = fault(() -> engine.pull(image));
    assertThat(fault.code()).as(fault.getMessage()).isEqualTo(ErrorCode.IMAGE_PULL_FAILED);
    assertThat(engine.imagePresent(image)).isFalse();
  }

  @Test
  void saysThatNoRegistryAnswers() throws Exception {
    int port;
    try (ServerSocket closed = new ServerSocket(0)) {
      port = closed.getLocalPort();
    }
    HoldfastException fault = fault(() -> engine().pull("127.0.0.1:%d/a:1".formatted(port)));
    assertThat(fault.code()).as(fault.getMessage()).isEqualTo(ErrorCode.IMAGE_PULL_FAILED);
    assertThat(fault).hasMessageContaining("refused");
  }

  @Test
  void neverPullsWhatNamesNoRegistryOrWhenToldNotTo() throws Exception {
    HoldfastException local = fault(() -> engine().pull("cart-%s:7".formatted(salt)));
    assertThat(local.code()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND);
    assertThat(local).hasMessageContaining("names no registry");
    String image = registry.push("shop/cart", "7", salt);
    HoldfastException never =
        fault(() -> engine("holdfast.engine.images.pull = never").start(spec(image, 1)));
    assertThat(never.code()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND);
    assertThat(never).hasMessageContaining("pull = never");
    assertThat(registry.manifestRequests).hasValue(0);
  }
}
