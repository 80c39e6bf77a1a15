package io.holdfast.node.message;

import io.holdfast.persistence.database.RowBytes;
import io.holdfast.sdk.ErrorCode;
import java.io.IOException;
import java.util.Optional;

/// What the receiver says of a batch.
///
/// @param through every message up to this number was carried out, now or before
/// @param refusal why the first one after it was not; those behind it were not tried
public record Receipt(long through, Optional<Refusal> refusal) {
  public void write(RowBytes.Out out) throws IOException {
    out.writeLong(through);
    out.writeBoolean(refusal.isPresent());
    if (refusal.isPresent()) {
      out.text(refusal.get().code().name());
      out.text(refusal.get().message());
      out.writeBoolean(refusal.get().forGood());
    }
  }

  public static Receipt read(RowBytes.In in) throws IOException {
    long through = in.readLong();
    return new Receipt(
        through,
        in.readBoolean()
            ? Optional.of(new Refusal(ErrorCode.valueOf(in.text()), in.text(), in.readBoolean()))
            : Optional.empty());
  }

  /// @param code of what the receiver's code threw
  /// @param forGood whether another try is of no use
  public record Refusal(ErrorCode code, String message, boolean forGood) {}
}
