package io.holdfast.persistence.pg1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.protocol.event.AlarmChange;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageDeltaTest {
  private static final DeltaEncoder.Stamp STAMP =
      new DeltaEncoder.Stamp(7, 3, 1_795_000_000_000L, 0);

  @Test
  void aCounterIncrementIsFifteenBytesOfBody() {
    DatabaseImage before = randomImage(3, 1);
    byte[] bytes = before.bytes().clone();
    bytes[27]++;
    bytes[95]++;
    bytes[2 * 4096 - 3]++;
    PageDelta delta = encode(before, new DatabaseImage(bytes, 4096)).getFirst();
    assertThat(delta.header().rawLength()).isEqualTo(15);
    assertThat(delta.bytes()).hasSizeLessThan(60);
  }

  @Test
  void nothingChangedIsABodyOfOneByte() {
    DatabaseImage image = randomImage(3, 1);
    List<PageDelta> parts = encode(image, new DatabaseImage(image.bytes().clone(), 4096));
    assertThat(parts).hasSize(1);
    assertThat(parts.getFirst().header().rawLength()).isEqualTo(1);
    assertThat(parts.getFirst().header().preSum()).isEqualTo(parts.getFirst().header().postSum());
  }

  @Test
  void shortGapsAreBridgedAndLongOnesAreNot() {
    DatabaseImage before = new DatabaseImage(new byte[4096], 4096);
    assertThat(rawLengthWithChangesAt(before, 10, 14)).isEqualTo(1 + 2 + 5 + 2);
    assertThat(rawLengthWithChangesAt(before, 10, 15)).isEqualTo(1 + 3 + 3 + 2);
  }

  @Test
  void zeroPagesBeyondTheEndAreNotWritten() {
    DatabaseImage before = randomImage(1, 1);
    DatabaseImage after = new DatabaseImage(Arrays.copyOf(before.bytes(), 100 * 4096), 4096);
    PageDelta delta = encode(before, after).getFirst();
    assertThat(delta.header().rawLength()).isEqualTo(1);
    assertThat(applied(before, List.of(delta))).isEqualTo(List.of(after.bytes()).getFirst());
  }

  @Test
  void pagesThatWereCutOffAreNoBaseWhenTheImageGrowsAgain() {
    DatabaseImage three = randomImage(3, 1);
    DatabaseImage one = new DatabaseImage(Arrays.copyOf(three.bytes(), 4096), 4096);
    DatabaseImage grown = new DatabaseImage(Arrays.copyOf(three.bytes(), 3 * 4096), 4096);
    grown.bytes()[2 * 4096] = 0;
    List<PageDelta> all = new ArrayList<>(encode(three, one));
    all.addAll(encode(one, grown));
    assertThat(applied(three, all)).isEqualTo(grown.bytes());
  }

  @Test
  void aLargeCommitIsCutAtPageBoundariesIntoPartsBelowTheLimit() {
    DatabaseImage after = randomImage(300, 9);
    List<PageDelta> parts = encode(DatabaseImage.EMPTY, after);
    assertThat(parts).hasSize(7);
    assertThat(parts)
        .allSatisfy(part -> assertThat(part.bytes().length).isLessThan(193 * 1024))
        .allSatisfy(
            part -> assertThat(part.header().sameGroup(parts.getFirst().header())).isTrue());
    assertThat(parts.stream().map(part -> part.header().flags()))
        .containsExactly(1, 0, 0, 0, 0, 0, 2);
    assertThat(applied(DatabaseImage.EMPTY, parts)).isEqualTo(after.bytes());
  }

  @Test
  void aBodyIsCompressedOnlyWhenThatIsSmaller() {
    byte[] text = "holdfast ".repeat(1000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    DatabaseImage repetitive = new DatabaseImage(Arrays.copyOf(text, 8192), 4096);
    PageDelta small = encode(DatabaseImage.EMPTY, repetitive).getFirst();
    assertThat(small.header().has(DeltaHeader.ZSTD)).isTrue();
    assertThat(small.bytes()).hasSizeLessThan(200);
    assertThat(applied(DatabaseImage.EMPTY, List.of(small))).isEqualTo(repetitive.bytes());
    PageDelta large = encode(DatabaseImage.EMPTY, randomImage(2, 5)).getFirst();
    assertThat(large.header().has(DeltaHeader.ZSTD)).isFalse();
  }

  @Test
  void theAlarmIsInTheLastPartOnly() {
    AlarmChange alarm = new AlarmChange.Set("app.ns/1", 99);
    List<PageDelta> parts =
        new DeltaEncoder()
            .encode(
                commit(DatabaseImage.EMPTY, randomImage(100, 1)), new PageHashes(), STAMP, alarm);
    assertThat(parts).hasSizeGreaterThan(1);
    assertThat(parts.getFirst().alarmChange()).isNull();
    assertThat(parts.getLast().alarmChange()).isEqualTo(alarm);
    DeltaHeader last = PageDelta.parse(parts.getLast().bytes()).header();
    assertThat(last.has(DeltaHeader.ALARM)).isTrue();
    assertThat(last.alarmMillis()).isEqualTo(99);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whatRandomCommitsChangedIsWhatTheirEventsApply(long seed) {
    Random random = new Random(seed);
    DatabaseImage image = DatabaseImage.EMPTY;
    PageHashes hashes = new PageHashes();
    PageImage copy = PageImage.empty();
    DeltaEncoder encoder = new DeltaEncoder();
    for (int i = 0; i < 400; i++) {
      DatabaseImage next = RandomImages.next(image, random);
      for (PageDelta part : encoder.encode(commit(image, next), hashes, STAMP, null)) {
        copy.apply(reread(part));
      }
      assertThat(hashes.sum())
          .as("seed %d, commit %d", seed, i)
          .isEqualTo(PageHashes.of(next).sum());
      assertThat(copy.hashes().sum()).as("seed %d, commit %d", seed, i).isEqualTo(hashes.sum());
      assertThat(Arrays.mismatch(copy.toImage().bytes(), next.bytes()))
          .as("seed %d, commit %d", seed, i)
          .isNegative();
      image = next;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void everyFlippedBitAndEveryTruncationIsFoundAsCorruption(long seed) {
    Random random = new Random(seed);
    DatabaseImage image = randomImage(2, seed);
    for (int i = 0; i < 12; i++) {
      DatabaseImage next = RandomImages.next(image, random);
      byte[] stored = encode(image, next).getFirst().bytes();
      for (int bit = 0; bit < Math.min(stored.length, 400) * 8; bit++) {
        byte[] broken = stored.clone();
        broken[bit / 8] ^= (byte) (1 << (bit % 8));
        assertCorrupt(broken, "seed " + seed + ", commit " + i + ", bit " + bit);
      }
      for (int length = 0; length < Math.min(stored.length, 400); length++) {
        assertCorrupt(Arrays.copyOf(stored, length), "seed " + seed + ", length " + length);
      }
      image = next;
    }
  }

  /// What gets past the CRC, as a program's error would, still ends in an image with the right sum
  /// or in `storage_corrupt`.
  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23, 24})
  void bytesThatWereChangedBeforeTheCrcWasMadeNeverEndInAnotherExceptionOrInAWrongImage(long seed) {
    Random random = new Random(seed);
    DatabaseImage before = randomImage(2, seed);
    int rejected = 0;
    for (int i = 0; i < 4000; i++) {
      DatabaseImage after = RandomImages.next(before, random);
      byte[] broken = encode(before, after).getFirst().bytes().clone();
      broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
      Crc.seal(broken);
      PageImage image = imageOf(before);
      try {
        PageDelta delta = PageDelta.parse(broken);
        if (delta.header().pageCount() <= 1000) {
          image.apply(delta);
          boolean right = Arrays.equals(image.toImage().bytes(), after.bytes());
          boolean sumRight = image.hashes().sum() == PageHashes.of(after).sum();
          boolean countRight = image.toImage().pageCount() == after.pageCount();
          assertThat(right).as("seed %d, round %d", seed, i).isEqualTo(sumRight && countRight);
        }
      } catch (HoldfastException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT);
        rejected++;
      }
    }
    assertThat(rejected).isGreaterThan(100);
  }

  private static void assertCorrupt(byte[] broken, String when) {
    assertThatThrownBy(() -> PageDelta.parse(broken))
        .as(when)
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT));
  }

  private static int rawLengthWithChangesAt(DatabaseImage before, int... offsets) {
    byte[] bytes = before.bytes().clone();
    for (int offset : offsets) {
      bytes[offset] = 1;
    }
    return encode(before, new DatabaseImage(bytes, 4096)).getFirst().header().rawLength();
  }

  private static List<PageDelta> encode(DatabaseImage before, DatabaseImage after) {
    return new DeltaEncoder().encode(commit(before, after), PageHashes.of(before), STAMP, null);
  }

  private static Commit commit(DatabaseImage before, DatabaseImage after) {
    return new Commit(before, after, 1, OptionalLong.empty());
  }

  private static byte[] applied(DatabaseImage base, List<PageDelta> parts) {
    PageImage image = imageOf(base);
    parts.forEach(part -> image.apply(reread(part)));
    return image.toImage().bytes();
  }

  private static PageImage imageOf(DatabaseImage base) {
    ImageSnapshot.Header header =
        new ImageSnapshot.Header(0, 0, PageHashes.of(base).sum(), DeltaHeader.NO_ALARM);
    return PageImage.of(ImageSnapshot.of(base, header));
  }

  private static PageDelta reread(PageDelta part) {
    PageDelta read = PageDelta.parse(part.bytes());
    assertThat(read.header()).isEqualTo(part.header());
    return read;
  }

  private static DatabaseImage randomImage(int pages, long seed) {
    byte[] bytes = new byte[pages * 4096];
    new Random(seed).nextBytes(bytes);
    return new DatabaseImage(bytes, 4096);
  }
}
