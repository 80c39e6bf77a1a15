package io.holdfast.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestTest {
  @ParameterizedTest
  @CsvSource({
    "http://host/a/b?x=1,            /a/b",
    "http://host,                    /",
    "http://host?x=1,                /",
    "https://host:8443/#top,         /",
    "/a%20b,                         /a%20b",
    "/login?next=http://other/path,  /login",
    "http://host/login?next=https://other/path, /login",
  })
  void findsThePath(String url, String path) {
    assertThat(Request.get(url).path()).isEqualTo(path);
  }

  @Test
  void findsAndDecodesQueryParameters() {
    Request request = Request.get("http://host/p?a=1&b=x%20y+z&flag&a=2#end?c=3");
    assertThat(request.query("a")).contains("1");
    assertThat(request.query("b")).contains("x y z");
    assertThat(request.query("flag")).contains("");
    assertThat(request.query("c")).isEmpty();
  }

  @Test
  void headersAreComparedWithoutCaseAndKeepTheirOrder() {
    Headers headers = Headers.of("A", "1", "b", "2").add("a", "3");
    assertThat(headers.all("a")).containsExactly("1", "3");
    assertThat(headers.with("a", "4").all("A")).containsExactly("4");
    assertThat(headers.without("A").size()).isEqualTo(1);
  }

  @Test
  void refusesHeadersThatWouldSplitAResponse() {
    assertThatThrownBy(() -> Headers.of("x", "a\r\nset-cookie: b"))
        .hasMessageContaining("'x'")
        .hasMessageContaining("0x0d");
    assertThatThrownBy(() -> Headers.of("bad name", "a")).hasMessageContaining("bad name");
  }

  @Test
  void aStreamedBodyIsReadOnce() {
    Body body = Body.of(new java.io.ByteArrayInputStream("abc".getBytes()));
    assertThat(body.text()).isEqualTo("abc");
    assertThatThrownBy(body::text)
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_STATE));
  }
}
