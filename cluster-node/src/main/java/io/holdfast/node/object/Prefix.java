package io.holdfast.node.object;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Optional;

/// The beginning of a stream, read to keep it.
///
/// @param whole all of the stream, when it is no longer than that; then it is closed
/// @param all the stream from its beginning
record Prefix(Optional<byte[]> whole, InputStream all) {
  static Prefix of(InputStream stream, int bytesMax) throws IOException {
    try {
      byte[] first = stream.readNBytes(bytesMax + 1);
      InputStream again = new ByteArrayInputStream(first);
      if (first.length > bytesMax) {
        return new Prefix(Optional.empty(), new SequenceInputStream(again, stream));
      }
      stream.close();
      return new Prefix(Optional.of(first), again);
    } catch (Throwable e) {
      stream.close();
      throw e;
    }
  }
}
