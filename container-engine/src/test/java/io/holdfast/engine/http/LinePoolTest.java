package io.holdfast.engine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import org.apache.hc.core5.http.config.Http1Config;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LinePoolTest {
  private final LinePool pool = new LinePool(1_000_000_000, 10);
  private ServerSocketChannel server;

  @BeforeEach
  void listen() throws IOException {
    server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private SocketChannel connect() throws IOException {
    return SocketChannel.open(Objects.requireNonNull(server.getLocalAddress()));
  }

  private HttpLine line(SocketChannel channel) throws IOException {
    return HttpLine.on(channel, channel.socket(), Http1Config.DEFAULT, pool);
  }

  @Test
  void aLineThatIsBeingOpenedWhileAllAreCutIsCutToo() throws Exception {
    assertThat(pool.take()).isNull();
    SocketChannel channel = connect();
    pool.cut();
    assertThatThrownBy(() -> pool.opened(line(channel))).isInstanceOf(ClosedChannelException.class);
    assertThat(channel.isOpen()).isFalse();
    assertThat(pool.underWayCount()).isZero();
  }

  @Test
  void aLineThatIsBeingOpenedWhileTheOthersRetireIsUsedOnce() throws Exception {
    assertThat(pool.take()).isNull();
    SocketChannel channel = connect();
    pool.retire();
    HttpLine line = line(channel);
    pool.opened(line);
    assertThat(channel.isOpen()).isTrue();
    line.release();
    assertThat(channel.isOpen()).isFalse();
    assertThat(pool.restingCount()).isZero();
  }
}
