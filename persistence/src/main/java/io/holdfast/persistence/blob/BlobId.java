package io.holdfast.persistence.blob;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The SHA-256 of a content, which is its name.
public record BlobId(long first, long second, long third, long fourth) {
  /// Bytes of one.
  public static final int LENGTH = 32;

  /// The name of a content.
  public static BlobId of(byte[] content) {
    return of(content, 0, content.length);
  }

  public static BlobId of(byte[] content, int offset, int length) {
    MessageDigest digest = sha256();
    digest.update(content, offset, length);
    return read(ByteBuffer.wrap(digest.digest()));
  }

  /// Reads what [#bytes()] wrote.
  public static BlobId read(ByteBuffer bytes) {
    return new BlobId(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
  }

  /// Reads what [#hex()] wrote.
  ///
  /// @throws HoldfastException `invalid_argument`
  public static BlobId parse(String hex) {
    try {
      byte[] bytes = HexFormat.of().parseHex(hex);
      if (bytes.length == LENGTH) {
        return read(ByteBuffer.wrap(bytes));
      }
    } catch (IllegalArgumentException _) {
      // Told below.
    }
    throw new HoldfastException(
        ErrorCode.INVALID_ARGUMENT, "expected a digest of 64 hex digits, found '" + hex + "'");
  }

  public byte[] bytes() {
    return ByteBuffer.allocate(LENGTH)
        .putLong(first)
        .putLong(second)
        .putLong(third)
        .putLong(fourth)
        .array();
  }

  /// 64 hex digits.
  public String hex() {
    return HexFormat.of().formatHex(bytes());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return hex().substring(0, 16);
  }
}
