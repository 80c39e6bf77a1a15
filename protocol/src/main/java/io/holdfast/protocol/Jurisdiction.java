package io.holdfast.protocol;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectId;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/// A law that an object is under: it never runs outside of the regions that have it. Stands in the
/// object's id.
public enum Jurisdiction {
  EU(1),
  US(2),
  FEDRAMP(3),
  FEDRAMP_HIGH(4);

  private static final int POSITION = 2; // in the digits of an id

  private final int number;

  Jurisdiction(int number) {
    this.number = number;
  }

  /// Reads `eu`, `us`, `fedramp` or `fedramp-high`.
  ///
  /// @throws HoldfastException `invalid_argument`
  public static Jurisdiction parse(String text) {
    for (Jurisdiction each : values()) {
      if (each.toString().equals(text)) {
        return each;
      }
    }
    throw new HoldfastException(
        ErrorCode.INVALID_ARGUMENT,
        "expected a jurisdiction of eu, us, fedramp, fedramp-high, found '" + text + "'");
  }

  /// That of an object, if it has one.
  ///
  /// @throws HoldfastException `invalid_object_id` for one that this build does not know
  public static Optional<Jurisdiction> of(ObjectId id) {
    return at(id.hex(), 0);
  }

  /// That of the object with a key `app.namespace/id`, or whose persistence id ends with it.
  ///
  /// @throws HoldfastException as [#of]
  public static Optional<Jurisdiction> ofKey(String key) {
    return at(key, key.indexOf('/') + 1);
  }

  private static Optional<Jurisdiction> at(String text, int idBegins) {
    int begin = idBegins + POSITION;
    int number = HexFormat.fromHexDigits(text, begin, begin + 2);
    if (number == 0) {
      return Optional.empty();
    }
    for (Jurisdiction each : values()) {
      if (each.number == number) {
        return Optional.of(each);
      }
    }
    throw new HoldfastException(
        ErrorCode.INVALID_OBJECT_ID,
        "Invalid Durable Object ID: expected a known jurisdiction, found number " + number);
  }

  /// Its byte in ids.
  byte number() {
    return (byte) number;
  }

  /// Its name as apps and settings write it.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
