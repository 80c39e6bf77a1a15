package io.holdfast.persistence.pg1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageSnapshotTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void anImageComesBackAsItWas(long seed) {
    Random random = new Random(seed);
    DatabaseImage image = DatabaseImage.EMPTY;
    for (int i = 0; i < 100; i++) {
      image = RandomImages.next(image, random);
      ImageSnapshot read = ImageSnapshot.parse(snapshot(image).bytes());
      assertThat(read.header()).isEqualTo(snapshot(image).header());
      assertThat(PageImage.of(read).toImage().bytes()).as("seed %d", seed).isEqualTo(image.bytes());
    }
  }

  @Test
  void everyFlippedBitAndEveryTruncationIsFoundAsCorruption() {
    byte[] stored = snapshot(new DatabaseImage(new byte[3 * 4096], 4096)).bytes();
    for (int bit = 0; bit < stored.length * 8; bit++) {
      byte[] broken = stored.clone();
      broken[bit / 8] ^= (byte) (1 << (bit % 8));
      assertCorrupt(broken);
    }
    for (int length = 0; length < stored.length; length++) {
      assertCorrupt(Arrays.copyOf(stored, length));
    }
  }

  /// As a program's error would, not a disk's.
  @ParameterizedTest
  @ValueSource(longs = {5, 6, 7})
  void bytesThatWereChangedBeforeTheCrcWasMadeNeverEndInAnotherExceptionOrAnotherImage(long seed) {
    Random random = new Random(seed);
    DatabaseImage image = new DatabaseImage(new byte[4096], 4096);
    random.nextBytes(image.bytes());
    byte[] stored = snapshot(image).bytes();
    for (int i = 0; i < 2000; i++) {
      byte[] broken = stored.clone();
      broken[random.nextInt(i % 2 == 0 ? 20 : broken.length)] = (byte) random.nextInt(256);
      Crc.seal(broken);
      try {
        DatabaseImage read = PageImage.of(ImageSnapshot.parse(broken)).toImage();
        assertThat(read.bytes()).as("seed %d, round %d", seed, i).isEqualTo(image.bytes());
      } catch (HoldfastException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT);
      }
    }
  }

  private static void assertCorrupt(byte[] broken) {
    assertThatThrownBy(() -> ImageSnapshot.parse(broken))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT));
  }

  private static ImageSnapshot snapshot(DatabaseImage image) {
    long sum = PageHashes.of(image).sum();
    return ImageSnapshot.of(image, new ImageSnapshot.Header(7, 3, sum, DeltaHeader.NO_ALARM));
  }
}
