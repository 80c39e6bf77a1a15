package io.holdfast.persistence.pg1;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdCompressCtx;
import io.holdfast.persistence.database.DatabaseImage;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageHashTest {
  @ParameterizedTest
  @ValueSource(ints = {512, 4096, 65_536})
  void agreesWithTheChecksumOfZstdWhichIsTheLowHalfOfXxh64(int size) {
    byte[] page = new byte[size];
    new Random(size).nextBytes(page);
    assertThat((int) PageHash.xxh64(0, page, 0, size)).isEqualTo(zstdChecksum(page));
  }

  @Test
  void isZeroForAPageOfZerosWhateverItsNumber() {
    byte[] zeros = new byte[4096];
    assertThat(PageHash.of(1, zeros, 0, 4096)).isZero();
    assertThat(PageHash.of(262_145, zeros, 0, 4096)).isZero();
  }

  @Test
  void tellsTheSameBytesOnOtherPagesApart() {
    byte[] page = new byte[4096];
    page[4095] = 1;
    assertThat(PageHash.of(1, page, 0, 4096))
        .isNotEqualTo(PageHash.of(2, page, 0, 4096))
        .isNotZero();
  }

  @Test
  void aSumMaintainedPageByPageIsTheSumOfTheWhole() {
    Random random = new Random(4);
    DatabaseImage image = DatabaseImage.EMPTY;
    for (int i = 0; i < 50; i++) {
      image = RandomImages.next(image, random);
    }
    PageHashes whole = PageHashes.of(image);
    PageHashes backwards = new PageHashes();
    for (int page = image.pageCount(); page >= 1; page--) {
      backwards.replace(page, image.bytes(), (page - 1) * image.pageSize(), image.pageSize());
    }
    assertThat(backwards.sum()).isEqualTo(whole.sum()).isNotZero();
    backwards.truncate(0);
    assertThat(backwards.sum()).isZero();
  }

  private static int zstdChecksum(byte[] page) {
    try (ZstdCompressCtx zstd = new ZstdCompressCtx()) {
      byte[] frame = zstd.setChecksum(true).compress(page);
      int end = frame.length;
      return (frame[end - 4] & 0xFF)
          | (frame[end - 3] & 0xFF) << 8
          | (frame[end - 2] & 0xFF) << 16
          | frame[end - 1] << 24;
    }
  }
}
