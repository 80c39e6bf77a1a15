package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/// The rows written here are on users' disks: a change that makes a golden one differ needs a
/// migration.
class RowCodecTest {
  private static final String GOLDEN_EVENT =
      "01000000000000002a000001770002616d0000001400006576656e742037";
  private static final String GOLDEN_EVENT_WITH_METADATA =
      "01000000000000002a010000000a0000001400006d657461000177000000000014000078";
  private static final String GOLDEN_SNAPSHOT = "01000000000000002b000000001400007374617465";

  private static final ActorSystem SYSTEM = ActorSystem.create("codec");
  private final RowCodec codec = new RowCodec(SYSTEM);

  @AfterAll
  static void stop() {
    TestKit.shutdownActorSystem(SYSTEM);
  }

  @Test
  void writesAnEventAsItAlwaysDid() {
    assertThat(hex(codec.event(event("event 7", "am")))).isEqualTo(GOLDEN_EVENT);
    assertThat(hex(codec.event(event("x", "").withMetadata("meta"))))
        .isEqualTo(GOLDEN_EVENT_WITH_METADATA);
  }

  @Test
  void readsAnEventThatWasWrittenLongAgo() {
    PersistentRepr event = codec.event("a", 7, bytes(GOLDEN_EVENT));
    assertThat(event.payload()).isEqualTo("event 7");
    assertThat(event.persistenceId()).isEqualTo("a");
    assertThat(event.sequenceNr()).isEqualTo(7);
    assertThat(event.timestamp()).isEqualTo(42);
    assertThat(event.writerUuid()).isEqualTo("w");
    assertThat(event.manifest()).isEqualTo("am");
    assertThat(event.metadata().isEmpty()).isTrue();
    assertThat(codec.event("a", 7, bytes(GOLDEN_EVENT_WITH_METADATA)).metadata().get())
        .isEqualTo("meta");
  }

  @Test
  void writesAndReadsASnapshotAsItAlwaysDid() {
    SnapshotMetadata metadata = SnapshotMetadata.apply("a", 9, 43, Option.empty());
    assertThat(hex(codec.snapshot(metadata, "state"))).isEqualTo(GOLDEN_SNAPSHOT);
    assertThat(codec.snapshot("a", 9, bytes(GOLDEN_SNAPSHOT)))
        .isEqualTo(SelectedSnapshot.apply(metadata, "state"));
    assertThat(RowCodec.timestamp(Arrays.copyOf(bytes(GOLDEN_SNAPSHOT), RowCodec.HEAD_BYTES)))
        .isEqualTo(43);
  }

  @Test
  void keepsTheEventOfATaggedOneAndNotItsTags() {
    Tagged tagged =
        new Tagged("event 7", CollectionConverters.asScala(java.util.Set.of("tag")).toSet());
    assertThat(hex(codec.event(event(tagged, "am")))).isEqualTo(GOLDEN_EVENT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "01",
        "02000000000000002a000001770002616d0000001400006576656e742037",
        "01000000000000002a0000ff770002616d0000001400006576656e742037",
        "01000000000000002a000001770002616d00ffff1100006576656e742037"
      })
  void saysWhichRowCannotBeRead(String damaged) {
    assertThatThrownBy(() -> codec.event("a", 7, bytes(damaged)))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT))
        .hasMessageContaining("event 7 of a");
  }

  private static PersistentRepr event(Object payload, String adapterManifest) {
    return PersistentRepr.apply(payload, 7, "a", adapterManifest, false, ActorRef.noSender(), "w")
        .withTimestamp(42);
  }

  private static String hex(byte[] row) {
    return HexFormat.of().formatHex(row);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }
}
