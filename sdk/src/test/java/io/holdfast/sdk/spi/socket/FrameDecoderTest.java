package io.holdfast.sdk.spi.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameDecoderTest {
  private static final int MAX = 100_000;

  private final List<String> seen = new ArrayList<>();
  private final FrameDecoder.Sink sink =
      new FrameDecoder.Sink() {
        @Override
        public void message(SocketMessage message) {
          seen.add(described(message));
        }

        @Override
        public void ping(byte[] payload) {
          seen.add("ping " + hex(payload));
        }

        @Override
        public void pong(byte[] payload) {
          seen.add("pong " + hex(payload));
        }

        @Override
        public void close(int code, String reason) {
          seen.add("close " + code + " " + reason);
        }
      };
  private final FrameDecoder decoder = new FrameDecoder(FrameDecoder.Reader.SERVER, MAX, sink);

  private static String described(SocketMessage message) {
    return switch (message) {
      case SocketMessage.Text(String text) -> "text " + text;
      case SocketMessage.Binary(byte[] bytes) -> "binary " + hex(bytes);
    };
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  /** A frame of a client with an all-zero mask, so that its payload is seen as it is. */
  private static byte[] frame(int firstByte, byte[] payload) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(firstByte);
    if (payload.length < 126) {
      frame.write(0x80 | payload.length);
    } else if (payload.length < 65_536) {
      frame.write(0x80 | 126);
      frame.writeBytes(ByteBuffer.allocate(2).putShort((short) payload.length).array());
    } else {
      frame.write(0x80 | 127);
      frame.writeBytes(ByteBuffer.allocate(8).putLong(payload.length).array());
    }
    frame.writeBytes(new byte[4]);
    frame.writeBytes(payload);
    return frame.toByteArray();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void feed(byte[]... parts) throws FrameException {
    for (byte[] part : parts) {
      decoder.feed(ByteBuffer.wrap(part));
    }
  }

  // ---- what is right

  @Test
  void readsTheExampleOfTheSpecification() throws FrameException {
    feed(bytes("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
    assertThat(seen).containsExactly("text Hello");
  }

  @Test
  void readsUnmaskedFramesAsAClient() throws FrameException {
    new FrameDecoder(FrameDecoder.Reader.CLIENT, MAX, sink)
        .feed(ByteBuffer.wrap(bytes("81 05 48 65 6c 6c 6f")));
    assertThat(seen).containsExactly("text Hello");
  }

  @Test
  void answersControlFramesWithinAMessageFirst() throws FrameException {
    feed(frame(0x01, utf8("Hel")), frame(0x89, utf8("?")), frame(0x8a, new byte[0]));
    feed(frame(0x00, utf8("l")), frame(0x80, utf8("o")));
    assertThat(seen).containsExactly("ping 3f", "pong ", "text Hello");
  }

  @Test
  void putsACharacterTogetherThatWasCutInTwo() throws FrameException {
    byte[] text = utf8("ä€😀");
    feed(frame(0x01, Arrays.copyOf(text, 4)), frame(0x80, Arrays.copyOfRange(text, 4, 9)));
    assertThat(seen).containsExactly("text ä€😀");
  }

  @Test
  void readsEmptyMessages() throws FrameException {
    feed(frame(0x81, new byte[0]), frame(0x02, new byte[0]), frame(0x80, new byte[0]));
    assertThat(seen).containsExactly("text ", "binary ");
  }

  @ParameterizedTest
  @CsvSource({"'',close 1005 ", "03e8,close 1000 ", "0fa0626965,close 4000 bie"})
  void readsCloseFrames(String payload, String expected) throws FrameException {
    feed(frame(0x88, bytes(payload)));
    assertThat(seen).hasSize(1);
    assertThat(seen.getFirst().strip()).isEqualTo(expected.strip());
  }

  @Test
  void ignoresWhatFollowsACloseFrame() throws FrameException {
    feed(frame(0x88, new byte[0]), bytes("ff ff ff ff"), frame(0x81, utf8("late")));
    assertThat(seen).containsExactly("close 1005 ");
  }

  @Test
  void takesAMessageOfTheLongestLength() throws FrameException {
    feed(frame(0x02, new byte[MAX - 1]), frame(0x80, new byte[1]));
    assertThat(seen).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void readsWhatTheEncoderWroteHoweverItIsCut(long seed) throws FrameException {
    Random random = new Random(seed);
    FrameEncoder client = FrameEncoder.ofClient(random::nextInt);
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      SocketMessage message = randomMessage(random);
      sent.add(described(message));
      wire.writeBytes(client.message(message));
    }
    ByteBuffer all = ByteBuffer.wrap(wire.toByteArray());
    while (all.hasRemaining()) {
      int count = Math.min(all.remaining(), 1 + random.nextInt(random.nextBoolean() ? 4 : 40_000));
      decoder.feed(all.slice(all.position(), count));
      all.position(all.position() + count);
    }
    assertThat(seen).as("seed " + seed).isEqualTo(sent);
  }

  private static SocketMessage randomMessage(Random random) {
    int length = random.nextInt(10) == 0 ? random.nextInt(70_000) : random.nextInt(200);
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return random.nextBoolean()
        ? new SocketMessage.Binary(bytes)
        : new SocketMessage.Text(hex(bytes).substring(0, length) + "é😀");
  }

  // ---- what is wrong

  @ParameterizedTest
  @CsvSource({
    "1002, c1 80 00000000, a reserved bit",
    "1002, a1 80 00000000, a reserved bit",
    "1002, 91 80 00000000, a reserved bit",
    "1002, 83 80 00000000, an unknown kind",
    "1002, 8b 80 00000000, an unknown kind of control frame",
    "1002, 81 00, no mask",
    "1002, 80 80 00000000, a continuation of nothing",
    "1002, 01 80 00000000 01 80 00000000, a message within a message",
    "1002, 09 80 00000000, a ping in pieces",
    "1002, 89 fe 007e 00000000, a long ping",
    "1002, 81 fe 007d 00000000, a length in more bytes than needed",
    "1002, 81 ff 000000000000ffff 00000000, a length in more bytes than needed",
    "1002, 81 ff ffffffffffffffff 00000000, a negative length",
    "1002, 88 81 00000000 03, half a close code",
    "1002, 88 82 00000000 03ed, code 1005",
    "1002, 88 82 00000000 03ee, code 1006",
    "1002, 88 82 00000000 03ec, code 1004",
    "1002, 88 82 00000000 07d0, code 2000",
    "1002, 88 82 00000000 1388, code 5000",
    "1007, 88 83 00000000 03e8 ff, a reason that is no UTF-8",
    "1007, 81 82 00000000 c0af, an overlong character",
    "1007, 81 83 00000000 eda080, half of a surrogate pair",
    "1007, 81 81 00000000 c3, half of a character",
    "1009, 82 ff 00000000000186a1 00000000, one byte too many",
    "1009, 82 ff 7fffffffffffffff 00000000, the longest length there is",
  })
  void refuses(int code, String hex, String what) {
    assertThatThrownBy(() -> feed(bytes(hex)))
        .as(what)
        .isInstanceOfSatisfying(
            FrameException.class, e -> assertThat(e.closeCode()).isEqualTo(code));
  }

  @Test
  void refusesAMessageThatBecomesTooLongByItsLastFragment() throws FrameException {
    feed(frame(0x02, new byte[MAX]));
    assertThatThrownBy(() -> feed(frame(0x80, new byte[1])))
        .isInstanceOfSatisfying(
            FrameException.class, e -> assertThat(e.closeCode()).isEqualTo(1009));
    assertThat(seen).isEmpty();
  }

  @Test
  void refusesMasksAsAClient() {
    FrameDecoder client = new FrameDecoder(FrameDecoder.Reader.CLIENT, MAX, sink);
    assertThatThrownBy(() -> client.feed(ByteBuffer.wrap(frame(0x81, utf8("x")))))
        .isInstanceOfSatisfying(
            FrameException.class, e -> assertThat(e.closeCode()).isEqualTo(1002));
  }

  /** Random bytes, and right frames with random damage: a message, a refusal, nothing else. */
  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void survivesAnything(long seed) {
    Random random = new Random(seed);
    int refused = 0;
    for (int round = 0; round < 20_000; round++) {
      FrameDecoder each = new FrameDecoder(FrameDecoder.Reader.SERVER, 1_000, sink);
      byte[] input = damaged(random);
      try {
        for (int at = 0; at < input.length; ) {
          int count = Math.min(input.length - at, 1 + random.nextInt(20));
          each.feed(ByteBuffer.wrap(input, at, count));
          at += count;
        }
      } catch (FrameException e) {
        refused++;
        assertThat(e.closeCode()).as("seed " + seed).isIn(1002, 1007, 1009);
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", input " + hex(input), e);
      }
    }
    assertThat(refused).as("seed " + seed).isBetween(1_000, 19_999);
  }

  private static byte[] damaged(Random random) {
    byte[] payload = new byte[random.nextInt(200)];
    random.nextBytes(payload);
    byte[] frame = frame(new int[] {0x81, 0x82, 0x01, 0x88, 0x89}[random.nextInt(5)], payload);
    for (int i = random.nextInt(4); i > 0; i--) {
      frame[random.nextInt(Math.min(frame.length, 16))] = (byte) random.nextInt();
    }
    return frame;
  }

  // ---- writing

  @Test
  void cutsAReasonAtTheEndOfACharacter() throws FrameException {
    byte[] frame = FrameEncoder.ofClient(() -> 0).close(1000, "x" + "€".repeat(60));
    feed(frame);
    assertThat(seen).containsExactly("close 1000 x" + "€".repeat(40));
  }

  @Test
  void provesAHandshakeAsInTheSpecification() {
    assertThat(Handshake.accept("dGhlIHNhbXBsZSBub25jZQ=="))
        .isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assertThat(Handshake.isKey("dGhlIHNhbXBsZSBub25jZQ==")).isTrue();
    assertThat(Handshake.isKey("dGhlIHNhbXBsZSBub25jZQ")).isFalse();
    assertThat(Handshake.isKey("not base64 at all!!!!!!=")).isFalse();
  }
}
