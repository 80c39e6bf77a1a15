package io.holdfast.node.message;

import io.holdfast.persistence.database.RowBytes;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.DeadLetter;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ObjectId;
import java.time.Instant;

/// A message that was given up, as it is stored.
record BuriedLetter(
    Letter letter,
    String receiver,
    long failedAtMillis,
    int tries,
    ErrorCode code,
    String message,
    boolean maybeDelivered) {
  DeadLetter toDeadLetter() {
    ObjectAddress address = ObjectAddress.parse(receiver);
    return new DeadLetter(
        letter.number(),
        address.namespace().toString(),
        new ObjectId(address.id().hex(), letter.receiverName()),
        letter.method(),
        letter.arguments(),
        Instant.ofEpochMilli(letter.sentAtMillis()),
        Instant.ofEpochMilli(failedAtMillis),
        tries,
        code,
        message,
        maybeDelivered);
  }

  byte[] toBytes() {
    return RowBytes.written(out -> {
      letter.write(out);
      out.text(receiver);
      out.writeLong(failedAtMillis);
      out.writeInt(tries);
      out.text(code.code());
      out.text(message);
      out.writeBoolean(maybeDelivered);
    });
  }

  static BuriedLetter fromBytes(long number, byte[] row) {
    return RowBytes.read(
        "a dead letter",
        row,
        in ->
            new BuriedLetter(
                Letter.read(number, in),
                in.text(),
                in.readLong(),
                in.readInt(),
                ErrorCode.of(in.text()).orElse(ErrorCode.INTERNAL),
                in.text(),
                in.readBoolean()));
  }
}
