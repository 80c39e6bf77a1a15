package io.holdfast.engine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.HoldfastException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTargetTest {
  @ParameterizedTest
  @CsvSource({
    "http://host/path?x=1#y, http, host, /path?x=1, host, 80",
    "https://host, https, host, /, host, 443",
    "HTTP://Host:8080?x, http, Host:8080, /?x, Host, 8080",
    "https://user:secret@host:1/p@q, https, host:1, /p@q, host, 1",
    "http://[::1]:99/, http, [::1]:99, /, ::1, 99",
    "http://[::1]/, http, [::1], /, ::1, 80",
    "http://host:/, http, host:, /, host, 80",
    "/path, '', container, /path, container, 80",
    "path?to=http://x/, '', container, /path?to=http://x/, container, 80",
    "'', '', container, /, container, 80"
  })
  void takesAUrlApart(
      String url, String scheme, String authority, String path, String host, int port) {
    RequestTarget target = RequestTarget.of(url);
    assertThat(target).isEqualTo(new RequestTarget(scheme, authority, path));
    assertThat(target.host()).isEqualTo(host);
    assertThat(target.port()).isEqualTo(port);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http:///x",
        "http://a b/",
        "http://a\r\nX: y/",
        "http://user@/",
        "http://h\u00f6st/",
        "/a\u007f"
      })
  void refusesWhatCannotBeSent(String url) {
    assertThatThrownBy(() -> RequestTarget.of(url)).isInstanceOf(HoldfastException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://host:0/", "http://host:65536/"})
  void refusesPortsThatAreNone(String url) {
    assertThatThrownBy(() -> RequestTarget.of(url).port()).hasMessageContaining("1 to 65535");
  }
}
