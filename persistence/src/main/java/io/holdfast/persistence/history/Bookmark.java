package io.holdfast.persistence.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/// The name of one state of one object: `%016x-%016x`. Bookmarks of an object sort as texts like
/// the commits they name.
///
/// The first number is that of the commit. The second is the epoch of its writer in its lower half;
/// the upper half is a checksum of the object's key, by which a bookmark of another object is told
/// apart.
///
/// @param txSeq of the last commit in the state, 0 before the first
/// @param tag the checksum
/// @param epoch of the commit's writer
public record Bookmark(long txSeq, int tag, int epoch) {
  private static final Pattern FORM = Pattern.compile("[0-9a-f]{16}-[0-9a-f]{16}");

  public static Bookmark of(ObjectAddress object, long txSeq, long epoch) {
    return new Bookmark(txSeq, tag(object), (int) epoch);
  }

  /// @throws HoldfastException `invalid_argument` when the text is none
  public static Bookmark parse(String text) {
    if (!FORM.matcher(text).matches() || text.charAt(0) > '7') {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a bookmark of 16 hex digits, '-' and 16 hex digits, found '"
              + (text.length() > 100 ? text.substring(0, 100) + "…" : text)
              + "'");
    }
    long second = Long.parseUnsignedLong(text, 17, 33, 16);
    return new Bookmark(Long.parseLong(text, 0, 16, 16), (int) (second >>> 32), (int) second);
  }

  /// Whether it can be one of that object.
  public boolean isOf(ObjectAddress object) {
    return tag == tag(object);
  }

  private static int tag(ObjectAddress object) {
    CRC32C crc = new CRC32C();
    crc.update(object.key().getBytes(UTF_8));
    return (int) crc.getValue();
  }

  @Override
  public String toString() {
    return "%016x-%08x%08x".formatted(txSeq, tag, epoch);
  }
}
