package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.DatabaseImage;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/// Images as random transactions leave them: few small changes, sometimes whole pages, growth,
/// shrinkage, zero pages, another page size.
public final class RandomImages {
  private RandomImages() {}

  /// The image after a random change of `image`; sometimes no change at all.
  public static DatabaseImage next(DatabaseImage image, RandomGenerator random) {
    int pageSize = random.nextInt(40) == 0 ? 512 << random.nextInt(4) : image.pageSize();
    boolean fresh = pageSize != image.pageSize();
    int pages = fresh ? 1 + random.nextInt(4) : resized(image.pageCount(), random);
    byte[] bytes =
        fresh ? new byte[pages * pageSize] : Arrays.copyOf(image.bytes(), pages * pageSize);
    for (int changes = random.nextInt(6); changes > 0 && pages > 0; changes--) {
      change(bytes, pageSize, random);
    }
    return new DatabaseImage(bytes, pageSize);
  }

  private static int resized(int pages, RandomGenerator random) {
    return switch (random.nextInt(12)) {
      case 0, 1 -> pages + 1 + random.nextInt(3);
      case 2 -> pages + random.nextInt(80);
      case 3 -> Math.max(0, pages - random.nextInt(4));
      case 4 -> random.nextInt(30) == 0 ? 0 : pages;
      default -> Math.max(pages, 1);
    };
  }

  private static void change(byte[] bytes, int pageSize, RandomGenerator random) {
    int pageAt = random.nextInt(bytes.length / pageSize) * pageSize;
    switch (random.nextInt(8)) {
      case 0 -> Arrays.fill(bytes, pageAt, pageAt + pageSize, (byte) 0);
      case 1 -> fill(bytes, pageAt, pageSize, random);
      case 2 -> bytes[pageAt + pageSize - 1]++;
      case 3 -> bytes[pageAt]++;
      default -> {
        int start = random.nextInt(pageSize);
        fill(bytes, pageAt + start, random.nextInt(Math.min(64, pageSize - start) + 1), random);
      }
    }
  }

  private static void fill(byte[] bytes, int at, int length, RandomGenerator random) {
    for (int i = at; i < at + length; i++) {
      bytes[i] = (byte) random.nextInt(256);
    }
  }
}
