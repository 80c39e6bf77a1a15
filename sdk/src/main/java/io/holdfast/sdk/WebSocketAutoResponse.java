package io.holdfast.sdk;

import java.nio.charset.StandardCharsets;

/// A text message and the answer that the runtime gives to it on its own.
///
/// @param request the whole message; at most 2,048 bytes in UTF-8
/// @param response at most 2,048 bytes in UTF-8
public record WebSocketAutoResponse(String request, String response) {
  private static final int BYTES_MAX = 2048;

  public WebSocketAutoResponse {
    check("Request", request);
    check("Response", response);
  }

  private static void check(String what, String text) {
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    if (length > BYTES_MAX) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "%s cannot be larger than %d bytes. A %s of size %d was provided."
              .formatted(what, BYTES_MAX, what.toLowerCase(java.util.Locale.ROOT), length));
    }
  }
}
