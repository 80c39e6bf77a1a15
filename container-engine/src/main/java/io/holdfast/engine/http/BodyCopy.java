package io.holdfast.engine.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/// Passes a body on as it comes: what is at hand goes out together, and all that was read has left
/// before more is waited for.
public final class BodyCopy {
  private static final int CHUNK_BYTES = 32 * 1024;

  private final InputStream in;
  private final OptionalLong length;
  private final Consumer<IOException> sourceFailed;

  /// @param length that the receiver was told, if it was
  /// @param sourceFailed told why the source broke off, or is not of that length. It has to cut the
  ///   connection: the codec would write a proper end otherwise, and half a body be taken for a
  ///   whole one
  public BodyCopy(InputStream in, OptionalLong length, Consumer<IOException> sourceFailed) {
    this.in = in;
    this.length = length;
    this.sourceFailed = sourceFailed;
  }

  /// @param sent told of the number of bytes that were written each time
  public void to(OutputStream out, LongConsumer sent) throws IOException {
    byte[] chunk = new byte[CHUNK_BYTES];
    long all = 0;
    int count;
    while ((count = read(chunk)) >= 0) {
      out.write(chunk, 0, count);
      if (in.available() == 0) {
        out.flush();
      }
      all += count;
      sent.accept(count);
    }
    if (length.isPresent() && length.getAsLong() != all) {
      throw failed(
          new EOFException(
              "expected a body of %d bytes, found %d".formatted(length.getAsLong(), all)));
    }
  }

  private int read(byte[] chunk) throws IOException {
    try {
      return in.read(chunk);
    } catch (IOException e) {
      throw failed(e);
    } catch (RuntimeException e) {
      throw failed(new IOException(e));
    }
  }

  private IOException failed(IOException e) {
    sourceFailed.accept(e);
    return e;
  }
}
