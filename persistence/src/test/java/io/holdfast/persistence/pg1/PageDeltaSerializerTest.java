package io.holdfast.persistence.pg1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.sdk.HoldfastException;
import java.util.OptionalLong;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class PageDeltaSerializerTest {
  private static final ActorSystem SYSTEM = ActorSystem.create("serializer", ConfigFactory.load());
  private static final Serialization SERIALIZATION = SerializationExtension.get(SYSTEM);

  @AfterAll
  static void stop() {
    TestKit.shutdownActorSystem(SYSTEM);
  }

  @Test
  void isTheOneThatPekkoFindsForEventsAndHandsTheirBytesOverUncopied() throws Exception {
    PageDelta event = claim();
    SerializerWithStringManifest found =
        (SerializerWithStringManifest) SERIALIZATION.findSerializerFor(event);
    assertThat(found.identifier()).isEqualTo(48_301);
    assertThat(found.manifest(event)).isEqualTo("pg1");
    assertThat(found.toBinary(event)).isSameAs(event.bytes());
    PageDelta read = (PageDelta) found.fromBinary(event.bytes(), "pg1");
    assertThat(read.header()).isEqualTo(event.header());
  }

  @Test
  void isTheOneThatPekkoFindsForSnapshots() throws Exception {
    ImageSnapshot snapshot =
        ImageSnapshot.of(DatabaseImage.EMPTY, new ImageSnapshot.Header(0, 0, 0, -1));
    SerializerWithStringManifest found =
        (SerializerWithStringManifest) SERIALIZATION.findSerializerFor(snapshot);
    assertThat(found.manifest(snapshot)).isEqualTo("img1");
    assertThat(found.fromBinary(found.toBinary(snapshot), "img1"))
        .isInstanceOf(ImageSnapshot.class);
  }

  @Test
  void refusesAManifestItDoesNotKnow() {
    assertThatThrownBy(() -> new PageDeltaSerializer().fromBinary(claim().bytes(), "pg2"))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("pg2");
  }

  private static PageDelta claim() {
    return new DeltaEncoder()
        .encode(
            new Commit(DatabaseImage.EMPTY, DatabaseImage.EMPTY, 0, OptionalLong.empty()),
            new PageHashes(),
            new DeltaEncoder.Stamp(1, 1, 0, 0),
            null)
        .getFirst();
  }
}
