package io.holdfast.edge;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// Names requests: the client's `x-request-id` when it is a sane token, else 16 random hex digits.
final class RequestIds {
  static final String HEADER = "x-request-id";
  private static final int LENGTH_MAX = 64;
  private static final HexFormat HEX = HexFormat.of();

  static String choose(@Nullable String fromClient) {
    return fromClient != null && isSane(fromClient) ? fromClient : next();
  }

  static String next() {
    return HEX.toHexDigits(ThreadLocalRandom.current().nextLong());
  }

  private static boolean isSane(String text) {
    if (text.isEmpty() || text.length() > LENGTH_MAX) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!letter && c != '.' && c != '_' && c != '-') {
        return false;
      }
    }
    return true;
  }

  private RequestIds() {}
}
