package io.holdfast.persistence.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A checksum of named values by which they are told apart: two rows with the same one are the
/// same.
record Fingerprint(long high, long low) {
  private static final int INTEGER = 1;
  private static final int REAL = 2;
  private static final int TEXT = 3;
  private static final int BLOB = 4;

  /// Null is as good as no value: a column that was added and never set changes no row.
  static Fingerprint of(Map<String, @Nullable Object> values) {
    MessageDigest digest = sha256();
    for (Map.Entry<String, @Nullable Object> entry : values.entrySet()) {
      Object value = entry.getValue();
      if (value != null) {
        add(digest, TEXT, entry.getKey().getBytes(UTF_8));
        add(digest, value);
      }
    }
    ByteBuffer hash = ByteBuffer.wrap(digest.digest());
    return new Fingerprint(hash.getLong(), hash.getLong());
  }

  private static void add(MessageDigest digest, Object value) {
    switch (value) {
      case Long number -> add(digest, INTEGER, longBytes(number));
      case Double number -> add(digest, REAL, longBytes(Double.doubleToLongBits(number)));
      case byte[] blob -> add(digest, BLOB, blob);
      default -> add(digest, TEXT, value.toString().getBytes(UTF_8));
    }
  }

  private static void add(MessageDigest digest, int type, byte[] bytes) {
    digest.update(ByteBuffer.allocate(5).put((byte) type).putInt(bytes.length).array());
    digest.update(bytes);
  }

  private static byte[] longBytes(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
