package io.holdfast.edge;

import java.nio.charset.StandardCharsets;
import org.apache.pekko.http.scaladsl.model.headers.CustomHeader;

/// A response header that Pekko writes as it is, whatever its name: also content types that its
/// model does not know.
final class RawHeaderLine extends CustomHeader {
  private final String name;
  private final String value;

  RawHeaderLine(String name, String value) {
    this.name = name;
    this.value = isAscii(value) ? value : utf8AsBytes(value);
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7f) {
        return false;
      }
    }
    return true;
  }

  /** Pekko writes one byte per char, so that other chars could become line ends. */
  private static String utf8AsBytes(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String value() {
    return value;
  }

  @Override
  public boolean renderInRequests() {
    return true;
  }

  @Override
  public boolean renderInResponses() {
    return true;
  }
}
