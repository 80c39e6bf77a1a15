package io.holdfast.edge;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

/// The token that callers of the service API, or of the admin API, send as `Authorization: Bearer
/// <token>`.
///
/// Keeps only a hash of it and compares in constant time. Thread-safe.
public final class BearerToken {
  private static final String SCHEME = "bearer ";

  private final byte[] hash;

  private BearerToken(byte[] hash) {
    this.hash = hash;
  }

  /// @throws IllegalArgumentException when the token is blank
  public static BearerToken of(String token) {
    if (token.isBlank()) {
      throw new IllegalArgumentException("expected a token, found a blank text");
    }
    return new BearerToken(sha256(token));
  }

  /// Whether the request carries this token.
  boolean authorizes(RequestHead head) {
    Optional<String> authorization = head.headers().first("authorization");
    return authorization.isPresent() && matches(authorization.get());
  }

  /// Whether the value of an `Authorization` header carries this token.
  boolean matches(String authorization) {
    return authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        && MessageDigest.isEqual(hash, sha256(authorization.substring(SCHEME.length()).strip()));
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String toString() {
    return "BearerToken(hidden)";
  }
}
