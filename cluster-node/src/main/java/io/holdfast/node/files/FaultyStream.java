package io.holdfast.node.files;

import io.holdfast.sdk.HoldfastException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// Remembers the fault with which reading ended: who reads for us reports another one.
final class FaultyStream extends FilterInputStream {
  private final Fault fault;

  /// What went wrong, if anything did.
  static final class Fault {
    private volatile @Nullable HoldfastException first;

    HoldfastException orElse(HoldfastException other) {
      HoldfastException known = first;
      return known == null ? other : known;
    }
  }

  FaultyStream(InputStream in, Fault fault) {
    super(in);
    this.fault = fault;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    try {
      return super.read(bytes, offset, length);
    } catch (HoldfastException e) {
      fault.first = e;
      throw new IOException(e.getMessage(), e);
    }
  }
}
