package io.holdfast.node.files;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.BooleanSupplier;

/// Reading fails once nobody wants it any more.
final class CalledOffStream extends FilterInputStream {
  private final BooleanSupplier calledOff;

  CalledOffStream(InputStream in, BooleanSupplier calledOff) {
    super(in);
    this.calledOff = calledOff;
  }

  @Override
  public int read() throws IOException {
    check();
    return super.read();
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    check();
    return super.read(bytes, offset, length);
  }

  private void check() {
    if (calledOff.getAsBoolean()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "the container was told to end while its files were copied");
    }
  }
}
