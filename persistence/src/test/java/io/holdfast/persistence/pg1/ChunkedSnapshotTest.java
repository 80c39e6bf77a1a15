package io.holdfast.persistence.pg1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkedSnapshotTest {
  private record Key(int chunkNo, ChunkMap.Version version) {}

  private final Map<Key, byte[]> stored = new HashMap<>();
  private final List<Key> read = new ArrayList<>();

  private ImageSnapshot save(DatabaseImage image, long txSeq, ChunkMap map, BitSet dirty) {
    long sum = PageHashes.of(image).sum();
    ImageSnapshot.Header header = new ImageSnapshot.Header(txSeq, 1, sum, -1);
    ImageSnapshot snapshot = ImageSnapshot.of(image, header, map, dirty);
    snapshot.forEachNewChunk(
        chunk -> stored.put(new Key(chunk.chunkNo(), chunk.version()), chunk.bytes()));
    return load(snapshot);
  }

  private ImageSnapshot load(ImageSnapshot snapshot) {
    return ImageSnapshot.parse(snapshot.bytes())
        .readingFrom((chunkNo, version) -> {
          read.add(new Key(chunkNo, version));
          return stored.get(new Key(chunkNo, version));
        });
  }

  private static DatabaseImage random(int pages, int pageSize, long seed) {
    byte[] bytes = new byte[pages * pageSize];
    new Random(seed).nextBytes(bytes);
    return new DatabaseImage(bytes, pageSize);
  }

  @Test
  void aSmallImageIsStoredInline() {
    ImageSnapshot snapshot = save(random(20, 4096, 1), 1, ChunkMap.none(), new BitSet());
    assertThat(snapshot.chunks()).isEmpty();
    assertThat(stored).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"512, 1001", "4096, 300", "65536, 9"})
  void aLargeImageComesBackFromItsChunksPageByPage(int pageSize, int pages) {
    DatabaseImage image = random(pages, pageSize, 2);
    ImageSnapshot snapshot = save(image, 1, ChunkMap.none(), new BitSet());
    assertThat(stored).hasSize((int) ((image.sizeBytes() + 65_535) / 65_536));
    DatabaseImage lazy = PageImage.of(snapshot).toImage();
    assertThat(read).as("opening reads nothing").isEmpty();
    lazy.page(1);
    assertThat(read).hasSize(1);
    assertThat(lazy.bytes()).isEqualTo(image.bytes());
  }

  /// Random changes, shrinking and growing; after each, a snapshot of what changed and a recovery
  /// from an older snapshot with events.
  @ParameterizedTest
  @CsvSource({"1, 4096", "2, 4096", "3, 512", "4, 65536"})
  void snapshotsStoreWhatChangedAndRecoveryFromAnyOfThemIsTheSame(long seed, int pageSize) {
    System.out.println("ChunkedSnapshotTest seed " + seed);
    Random random = new Random(seed);
    DatabaseImage image = random(2_000_000 / pageSize, pageSize, seed);
    ImageSnapshot snapshot = save(image, 1, ChunkMap.none(), new BitSet());
    PageHashes hashes = PageHashes.of(image);
    DeltaEncoder encoder = new DeltaEncoder();
    PageImage replayed = PageImage.of(snapshot);
    for (int txSeq = 2; txSeq < 40; txSeq++) {
      DatabaseImage next = changed(image, random);
      Commit commit = new Commit(image, next, 1, OptionalLong.empty());
      List<PageDelta> events =
          encoder.encode(commit, hashes, new DeltaEncoder.Stamp(txSeq, 1, 0, 0), null);
      events.forEach(replayed::apply);
      assertThat(replayed.hashes().sum()).isEqualTo(hashes.sum());
      image = next;
      if (random.nextInt(4) == 0) {
        BitSet dirty = replayed.dirtyChunks();
        int before = stored.size();
        int chunksBefore = snapshot.chunks().map(ChunkMap::chunkCount).orElse(0);
        int grown = Math.max(0, (int) (image.sizeBytes() / 65_536) + 1 - chunksBefore);
        snapshot = save(image, txSeq, snapshot.chunks().orElse(ChunkMap.none()), dirty);
        assertThat(stored.size() - before).isLessThanOrEqualTo(dirty.cardinality() + grown);
        assertThat(snapshot.image().bytes()).isEqualTo(image.bytes());
        replayed = PageImage.of(snapshot);
      }
    }
    assertThat(replayed.toImage().bytes()).isEqualTo(image.bytes());
  }

  private static DatabaseImage changed(DatabaseImage image, Random random) {
    int pages = image.pageCount();
    int most = 2_500_000 / image.pageSize();
    int after = random.nextInt(3) == 0 ? most / 2 + random.nextInt(most / 2) : pages;
    TreeMap<Integer, byte[]> changes = new TreeMap<>();
    for (int i = 0; i < 5; i++) {
      byte[] page = new byte[image.pageSize()];
      random.nextBytes(page);
      changes.put(1 + random.nextInt(after), page);
    }
    return image.with(changes, after);
  }

  @Test
  void aChunkThatIsDamagedIsFoundWhenItIsRead() {
    ImageSnapshot snapshot = save(random(300, 4096, 3), 1, ChunkMap.none(), new BitSet());
    DatabaseImage lazy = PageImage.of(snapshot).toImage();
    stored.values().forEach(bytes -> bytes[bytes.length / 2] ^= 1);
    assertThatThrownBy(() -> lazy.page(17))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT));
  }

  @Test
  void noDamagedManifestIsRead() {
    ImageSnapshot snapshot = save(random(300, 4096, 3), 1, ChunkMap.none(), new BitSet());
    for (int at = 0; at < snapshot.bytes().length; at++) {
      byte[] broken = snapshot.bytes().clone();
      broken[at] ^= 4;
      assertThatThrownBy(() -> ImageSnapshot.parse(broken))
          .isInstanceOfSatisfying(
              HoldfastException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT));
    }
  }
}
