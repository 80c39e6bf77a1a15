package io.holdfast.persistence.archive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/*
 * A tar ends with two blocks of zeros. The reader of the library takes an end without them for an end as well, and an engine
 * that fails in the middle of an answer may send just that: half of the files.
 */
/// Counts the zeros at the end of what was read.
final class TarEnd extends FilterInputStream {
  private static final int END_BYTES = 1024;

  private long zeros;

  TarEnd(InputStream in) {
    super(in);
  }

  /// What comes now is a header, or the end.
  void expectHeader() {
    zeros = 0;
  }

  /// Reads what is left.
  ///
  /// @throws IOException when that is not the end of a tar
  void drain() throws IOException {
    byte[] buffer = new byte[8192];
    int count = 0;
    while (count >= 0) {
      count = read(buffer, 0, buffer.length);
    }
    if (zeros < END_BYTES) {
      throw new IOException("expected the end of a tar, found the end of the stream");
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = super.read(bytes, offset, length);
    int at = offset + count - 1;
    while (at >= offset && bytes[at] == 0) {
      at--;
    }
    int trailing = offset + count - 1 - at;
    if (count > 0) {
      zeros = trailing == count ? zeros + count : trailing;
    }
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    byte[] buffer = new byte[(int) Math.min(count, 65_536)];
    return Math.max(0, read(buffer, 0, buffer.length));
  }
}
