package io.holdfast.multijvm;

import java.net.http.WebSocket;
import java.util.concurrent.CompletionStage;

/// A client of a WebSocket that hears each text message whole, one after the other.
abstract class WholeTexts implements WebSocket.Listener {
  private final StringBuilder text = new StringBuilder();

  abstract void heard(String message);

  @Override
  public final CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
    text.append(part);
    if (last) {
      heard(text.toString());
      text.setLength(0);
    }
    from.request(1);
    return null;
  }
}
