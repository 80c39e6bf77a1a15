package io.holdfast.node.message;

import io.holdfast.persistence.database.RowBytes;
import io.holdfast.sdk.ErrorCode;

/// How the first message that waits for a receiver has failed so far.
///
/// @param counted tries in which the receiver's code failed
/// @param uncounted tries that never got an answer
/// @param nextAtMillis when it is tried again
/// @param unansweredThrough messages up to this number were under way when an answer was lost, so
///   that they may have been carried out; 0 for none
/// @param code of the last failure
record Tries(
    int counted,
    int uncounted,
    long nextAtMillis,
    long unansweredThrough,
    ErrorCode code,
    String message) {
  private static final int MESSAGE_CHARS_MAX = 1_000;

  static final Tries NONE = new Tries(0, 0, 0, 0, ErrorCode.OBJECT_UNAVAILABLE, "not delivered");

  Tries refused(ErrorCode why, String text) {
    return new Tries(counted + 1, 0, 0, 0, why, shortened(text));
  }

  Tries unanswered(long through, ErrorCode why, String text) {
    long highest = Math.max(through, unansweredThrough);
    return new Tries(counted, uncounted + 1, 0, highest, why, shortened(text));
  }

  Tries withUnansweredThrough(long number) {
    return new Tries(counted, uncounted, nextAtMillis, number, code, message);
  }

  Tries nextAt(long millis) {
    return new Tries(counted, uncounted, millis, unansweredThrough, code, message);
  }

  private static String shortened(String text) {
    return text.length() <= MESSAGE_CHARS_MAX ? text : text.substring(0, MESSAGE_CHARS_MAX) + "…";
  }

  byte[] toBytes() {
    return RowBytes.written(out -> {
      out.writeInt(counted);
      out.writeInt(uncounted);
      out.writeLong(nextAtMillis);
      out.writeLong(unansweredThrough);
      out.text(code.code());
      out.text(message);
    });
  }

  static Tries fromBytes(byte[] row) {
    return RowBytes.read(
        "the tries of a message",
        row,
        in ->
            new Tries(
                in.readInt(),
                in.readInt(),
                in.readLong(),
                in.readLong(),
                ErrorCode.of(in.text()).orElse(ErrorCode.INTERNAL),
                in.text()));
  }
}
