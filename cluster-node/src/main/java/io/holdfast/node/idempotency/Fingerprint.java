package io.holdfast.node.idempotency;

import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.Request;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;

/// What tells one call from another under the same key: 32 bytes of SHA-256.
///
/// Of a request it takes method, path with query, and body; host and headers may differ between the
/// tries of one call. Of a method call it takes method, encoding and arguments.
public record Fingerprint(byte[] bytes) {
  public static final int BYTES = 32;

  public static Fingerprint of(Request request, byte[] body) {
    return of("fetch", request.method(), target(request.url()), body);
  }

  public static Fingerprint of(RpcCall call) {
    return of("rpc", call.method(), call.encoding().name(), call.arguments());
  }

  public boolean matches(Fingerprint other) {
    return MessageDigest.isEqual(bytes, other.bytes);
  }

  /// What follows the host, without a fragment.
  private static String target(String url) {
    int scheme = url.indexOf("://");
    int start = url.startsWith("/") || scheme < 0 ? 0 : url.length();
    for (int i = scheme + 3; start == url.length() && i < url.length(); i++) {
      char c = url.charAt(i);
      if (c == '/' || c == '?' || c == '#') {
        start = i;
        break;
      }
    }
    int fragment = url.indexOf('#', start);
    return url.substring(start, fragment < 0 ? url.length() : fragment);
  }

  private static Fingerprint of(String kind, String first, String second, byte[] content) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : new String[] {kind, first, second}) {
        byte[] utf8 = part.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(utf8.length).array());
        digest.update(utf8);
      }
      digest.update(content);
      return new Fingerprint(digest.digest());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
