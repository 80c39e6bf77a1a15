package io.holdfast.sdk.spi.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.WebSocketAutoResponse;
import io.holdfast.sdk.WebSocketPair;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SocketEndTest {
  private final SocketEnd end = SocketEnd.open();
  private final List<String> seen = Collections.synchronizedList(new ArrayList<>());
  private final SocketReceiver receiver =
      new SocketReceiver() {
        @Override
        public void message(SocketMessage message, Runnable taken) {
          seen.add(((SocketMessage.Text) message).text());
          taken.run();
        }

        @Override
        public void failed(HoldfastException error) {
          seen.add("failed " + error.getMessage());
        }

        @Override
        public void closed(int code, String reason, boolean clean) {
          seen.add("closed " + code + " " + reason + " " + clean);
        }
      };

  private void send(String text) {
    end.send(new SocketMessage.Text(text), () -> {});
  }

  @Test
  void keepsWhatIsSentBeforeThereIsAReceiver() {
    send("a");
    end.fail(new HoldfastException(ErrorCode.INVALID_REQUEST, "oh"));
    end.close(1000, "bye", true);
    end.other().attach(receiver);
    assertThat(seen).containsExactly("a", "failed oh", "closed 1000 bye true");
  }

  @Test
  void handsOverInOrderWhileAReceiverComes() throws InterruptedException {
    int count = 20_000;
    Thread sender =
        Thread.ofVirtual()
            .start(() -> {
              for (int i = 0; i < count; i++) {
                send(Integer.toString(i));
              }
            });
    while (seen.isEmpty() && sender.isAlive()) {
      if (!end.connected()) {
        end.other().attach(receiver);
      }
    }
    sender.join();
    assertThat(seen).hasSize(count);
    for (int i = 0; i < count; i++) {
      assertThat(seen.get(i)).isEqualTo(Integer.toString(i));
    }
  }

  @Test
  void dropsWhatIsSentAfterTheEnd() {
    end.other().attach(receiver);
    end.close(1000, "", true);
    end.close(1001, "", true);
    AtomicInteger taken = new AtomicInteger();
    end.send(new SocketMessage.Text("late"), taken::incrementAndGet);
    assertThat(seen).containsExactly("closed 1000  true");
    assertThat(taken).hasValue(1);
    assertThat(end.closed()).isTrue();
    assertThat(end.other().closed()).isFalse();
  }

  @Test
  void closesWhenTooMuchWaitsForAReceiver() {
    String large = "x".repeat(1 << 20);
    for (int i = 0; i < 20; i++) {
      send(large);
    }
    end.other().attach(receiver);
    assertThat(seen).hasSize(1);
    assertThat(seen.getFirst()).startsWith("closed 1013");
  }

  @Test
  void hasOneReceiverAndOneUse() {
    end.attach(receiver);
    assertThatThrownBy(() -> end.attach(receiver)).isInstanceOf(HoldfastException.class);
    WebSocketPair pair = new WebSocketPair();
    PairedSocket.take(pair.client());
    assertThatThrownBy(() -> PairedSocket.take(pair.client()))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_STATE));
  }

  @Test
  void anAbandonedClientEndClosesTheServerEnd() {
    WebSocketPair pair = new WebSocketPair();
    PairedSocket.take(pair.server()).attach(receiver);
    PairedSocket.abandon(pair.client());
    assertThat(seen).hasSize(1);
    assertThat(seen.getFirst()).startsWith("closed 1006").endsWith("false");
  }

  @Test
  void anEndThatNobodyAcceptedCannotBeUsed() {
    WebSocketPair pair = new WebSocketPair();
    assertThatThrownBy(() -> pair.server().send("x")).hasMessageContaining("acceptWebSocket()");
  }

  @Test
  void aResponseHasASocketExactlyWith101() {
    Response response = Response.webSocket(new WebSocketPair().client()).withHeader("a", "b");
    assertThat(response.status()).isEqualTo(101);
    assertThat(response.ok()).isFalse();
    assertThat(response.webSocket()).isPresent();
    assertThatThrownBy(() -> response.withStatus(200)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Response.status(101)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anAutoResponseHas2048BytesAtMost() {
    assertThat(new WebSocketAutoResponse("é".repeat(1024), "").request()).hasSize(1024);
    assertThatThrownBy(() -> new WebSocketAutoResponse("é".repeat(1025), ""))
        .hasMessage(
            "Request cannot be larger than 2048 bytes. A request of size 2050 was provided.");
    assertThatThrownBy(() -> new WebSocketAutoResponse("", "x".repeat(2049)))
        .hasMessage(
            "Response cannot be larger than 2048 bytes. A response of size 2049 was provided.");
  }
}
