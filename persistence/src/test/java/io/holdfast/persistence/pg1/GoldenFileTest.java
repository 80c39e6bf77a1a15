package io.holdfast.persistence.pg1;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.protocol.event.AlarmChange;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Stored bytes of the first release, read forever. A file that no longer reads is a bug in the
/// code, never in the file: a new layout gets a new manifest and files of its own.
class GoldenFileTest {
  private static final DatabaseImage ONE = image(2, 1);
  private static final DatabaseImage TWO = changed(ONE, 27, 95, 4096 + 4000);
  private static final DatabaseImage THREE = new DatabaseImage(grown(), 4096);

  /// Does not compress.
  private static final DatabaseImage LARGE = noise(100);

  private static DatabaseImage noise(int pages) {
    byte[] bytes = new byte[pages * 4096];
    new Random(1).nextBytes(bytes);
    return new DatabaseImage(bytes, 4096);
  }

  @Test
  void readsTheFirstEventOfAnObject() throws IOException {
    PageDelta event = event("first-compressed");
    assertThat(event.header())
        .isEqualTo(
            new DeltaHeader(
                DeltaHeader.FIRST | DeltaHeader.LAST | DeltaHeader.ZSTD,
                1,
                1,
                1_795_000_000_000L,
                1,
                0,
                PageHashes.of(ONE).sum(),
                2,
                4096,
                -1,
                8203));
    assertThat(applied(DatabaseImage.EMPTY, event)).isEqualTo(ONE.bytes());
  }

  @Test
  void readsAndWritesASmallEventThatSetsTheAlarm() throws IOException {
    PageDelta event = event("small-alarm-set");
    assertThat(event.header().alarmMillis()).isEqualTo(1_795_000_060_000L);
    assertThat(applied(ONE, event)).isEqualTo(TWO.bytes());
    AlarmChange set = new AlarmChange.Set("app.rooms/1", 1_795_000_060_000L);
    assertThat(encoded(ONE, TWO, 2, 300, 3, 0, set)).isEqualTo(event.bytes());
  }

  @Test
  void readsAndWritesAGrownImageThatClearsTheAlarm() throws IOException {
    PageDelta event = event("grown-alarm-cleared");
    assertThat(event.header().has(DeltaHeader.ALARM)).isTrue();
    assertThat(event.header().alarmMillis()).isEqualTo(DeltaHeader.NO_ALARM);
    assertThat(applied(TWO, event)).isEqualTo(THREE.bytes());
    AlarmChange cleared = new AlarmChange.Cleared("app.rooms/1");
    assertThat(encoded(TWO, THREE, 3, 1, 3, 0, cleared)).isEqualTo(event.bytes());
  }

  @Test
  void readsAndWritesARestoreToASmallerImage() throws IOException {
    PageDelta event = event("restore-shrunk");
    assertThat(event.header().has(DeltaHeader.RESTORE)).isTrue();
    assertThat(applied(THREE, event)).isEqualTo(TWO.bytes());
    assertThat(encoded(THREE, TWO, 4, 1, 4, DeltaHeader.RESTORE, null)).isEqualTo(event.bytes());
  }

  @Test
  void readsAndWritesAClaim() throws IOException {
    PageDelta event = event("claim");
    assertThat(event.header().commits()).isZero();
    assertThat(event.header().epoch()).isEqualTo(200);
    assertThat(encoded(TWO, TWO, 500, 0, 200, 0, null)).isEqualTo(event.bytes());
  }

  @Test
  void readsASnapshot() throws IOException {
    ImageSnapshot snapshot = ImageSnapshot.parse(golden("img1-compressed"));
    assertThat(snapshot.header())
        .isEqualTo(new ImageSnapshot.Header(3, 2, PageHashes.of(THREE).sum(), 1_795_000_060_000L));
    assertThat(PageImage.of(snapshot).toImage().bytes()).isEqualTo(THREE.bytes());
  }

  @Test
  void readsASnapshotInChunks() throws IOException {
    ImageSnapshot snapshot = ImageSnapshot.parse(golden("img1-chunked"));
    long sum = PageHashes.of(LARGE).sum();
    assertThat(snapshot.header()).isEqualTo(new ImageSnapshot.Header(300, 4, sum, -1));
    ChunkMap chunks = snapshot.chunks().orElseThrow();
    assertThat(chunks.chunkCount()).isEqualTo(7);
    for (int chunkNo = 0; chunkNo < 7; chunkNo++) {
      assertThat(chunks.version(chunkNo))
          .isEqualTo(chunkNo == 1 ? new ChunkMap.Version(300, 4) : new ChunkMap.Version(3, 2));
    }
    assertThat(snapshot.image().pageCount()).isEqualTo(100);
  }

  @Test
  void readsAChunk() throws IOException {
    byte[] raw = StoredChunk.raw(golden("chunk-compressed"));
    assertThat(raw).isEqualTo(Arrays.copyOf(THREE.bytes(), ChunkMap.CHUNK_BYTES));
  }

  private static PageDelta event(String name) throws IOException {
    return PageDelta.parse(golden(name));
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream in = GoldenFileTest.class.getResourceAsStream("/pg1/" + name + ".hex")) {
      String hex =
          new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.US_ASCII);
      return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    }
  }

  private static byte[] encoded(
      DatabaseImage before,
      DatabaseImage after,
      long txSeq,
      int commits,
      long epoch,
      int flags,
      @Nullable AlarmChange alarm) {
    List<PageDelta> parts =
        new DeltaEncoder()
            .encode(
                new Commit(before, after, commits, OptionalLong.empty()),
                PageHashes.of(before),
                new DeltaEncoder.Stamp(txSeq, epoch, 1_795_000_000_000L, flags),
                alarm);
    assertThat(parts).hasSize(1);
    return parts.getFirst().bytes();
  }

  private static byte[] applied(DatabaseImage base, PageDelta event) {
    long sum = PageHashes.of(base).sum();
    assertThat(event.header().preSum()).isEqualTo(sum);
    PageImage image = PageImage.of(ImageSnapshot.of(base, new ImageSnapshot.Header(0, 0, sum, -1)));
    image.apply(event);
    assertThat(event.header().postSum()).isEqualTo(image.hashes().sum());
    return image.toImage().bytes();
  }

  private static DatabaseImage image(int pages, int seed) {
    byte[] bytes = new byte[pages * 4096];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (seed + i / 3);
    }
    return new DatabaseImage(bytes, 4096);
  }

  private static DatabaseImage changed(DatabaseImage image, int... offsets) {
    byte[] bytes = image.bytes().clone();
    for (int offset : offsets) {
      bytes[offset]++;
    }
    return new DatabaseImage(bytes, 4096);
  }

  private static byte[] grown() {
    byte[] bytes = Arrays.copyOf(TWO.bytes(), 5 * 4096);
    bytes[4 * 4096 + 17] = 99;
    return bytes;
  }

  /// Wrote the files, once.
  static final class Writer {
    public static void main(String[] args) throws IOException {
      write("first-compressed", encoded(DatabaseImage.EMPTY, ONE, 1, 1, 1, 0, null));
      AlarmChange set = new AlarmChange.Set("app.rooms/1", 1_795_000_060_000L);
      write("small-alarm-set", encoded(ONE, TWO, 2, 300, 3, 0, set));
      AlarmChange cleared = new AlarmChange.Cleared("app.rooms/1");
      write("grown-alarm-cleared", encoded(TWO, THREE, 3, 1, 3, 0, cleared));
      write("restore-shrunk", encoded(THREE, TWO, 4, 1, 4, DeltaHeader.RESTORE, null));
      write("claim", encoded(TWO, TWO, 500, 0, 200, 0, null));
      ImageSnapshot.Header header =
          new ImageSnapshot.Header(3, 2, PageHashes.of(THREE).sum(), 1_795_000_060_000L);
      write("img1-compressed", ImageSnapshot.of(THREE, header).bytes());
      ImageSnapshot.Header large =
          new ImageSnapshot.Header(300, 4, PageHashes.of(LARGE).sum(), DeltaHeader.NO_ALARM);
      ChunkMap first = ChunkMap.none().next(LARGE, new BitSet(), new ChunkMap.Version(3, 2));
      BitSet dirty = new BitSet();
      dirty.set(1);
      write("img1-chunked", ImageSnapshot.of(LARGE, large, first, dirty).bytes());
      write("chunk-compressed", StoredChunk.of(THREE, 0, new ChunkMap.Version(3, 2)).bytes());
    }

    private static void write(String name, byte[] bytes) throws IOException {
      String hex = HexFormat.of().formatHex(bytes).replaceAll("(.{80})", "$1\n");
      java.nio.file.Files.writeString(
          java.nio.file.Path.of("src/test/resources/pg1", name + ".hex"), hex + "\n");
    }
  }
}
