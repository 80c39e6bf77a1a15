package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.holdfast.sdk.Response;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class AccessLogTest {
  private final EdgeFixture edge = new EdgeFixture();
  private final Logger logger = (Logger) LoggerFactory.getLogger("io.holdfast.edge.access");
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @BeforeEach
  void listen() {
    logger.setLevel(Level.INFO);
    logger.setAdditive(false);
    lines.start();
    logger.addAppender(lines);
    edge.app("shop", (_, _, _) -> Response.text("12345"), "/*");
  }

  @AfterEach
  void stop() throws InterruptedException {
    logger.detachAppender(lines);
    logger.setLevel(Level.OFF);
    edge.close();
  }

  private List<String> written() throws InterruptedException {
    edge.server().stop(java.time.Duration.ofSeconds(5));
    return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void writesOneLogfmtLinePerRequestWithoutTheQuery() throws Exception {
    edge.start();
    edge.send(
        edge.request("/a%20b?password=1")
            .header("x-request-id", "r1")
            .POST(java.net.http.HttpRequest.BodyPublishers.ofString("123")));
    assertThat(written())
        .singleElement()
        .asString()
        .matches(
            "time=\\S+Z id=r1 app=shop method=POST host=localhost path=/a%20b\\?… status=200 in=3"
                + " out=5 ms=\\d+\\.\\d{3} peer=127\\.0\\.0\\.1");
  }

  @Test
  void writesJsonAndTheQueryWhenToldSo() throws Exception {
    edge.config("access-log.format = json").config("access-log.query-values = on").start();
    edge.get("/x?a=%22");
    assertThat(written())
        .singleElement()
        .asString()
        .startsWith("{\"time\":\"")
        .contains("\"app\":\"shop\",\"method\":\"GET\"", "\"path\":\"/x?a=%22\"", "\"status\":200,")
        .endsWith("\"peer\":\"127.0.0.1\"}");
  }

  @Test
  void writesNothingWhenOff() throws Exception {
    edge.config("access-log.enabled = off").start();
    edge.get("/");
    assertThat(written()).isEmpty();
  }
}
