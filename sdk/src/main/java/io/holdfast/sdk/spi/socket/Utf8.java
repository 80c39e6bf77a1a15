package io.holdfast.sdk.spi.socket;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Text that must be valid UTF-8.
final class Utf8 {
  private Utf8() {}

  /// @throws FrameException 1007
  static String decode(byte[] bytes, int start, int end) throws FrameException {
    if (isAscii(bytes, start, end)) {
      return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, start, end - start))
          .toString();
    } catch (CharacterCodingException e) {
      throw new FrameException(
          CloseCodes.INVALID_DATA, "expected text in UTF-8, found other bytes");
    }
  }

  private static boolean isAscii(byte[] bytes, int start, int end) {
    for (int i = start; i < end; i++) {
      if (bytes[i] < 0) {
        return false;
      }
    }
    return true;
  }
}
