package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.edge.Route.HostKind;
import io.holdfast.edge.Route.PathKind;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTest {
  @Test
  void readsHostAndPathPrefix() {
    assertThat(Route.parse("Example.com/Shop*"))
        .isEqualTo(new Route(HostKind.EXACT, "example.com", PathKind.PREFIX, "/Shop"));
  }

  @Test
  void readsSubdomains() {
    assertThat(Route.parse("*.example.com/api/*"))
        .isEqualTo(new Route(HostKind.SUBDOMAINS, "example.com", PathKind.PREFIX, "/api/"));
  }

  @Test
  void readsAnyHostWithAndWithoutStar() {
    Route any = new Route(HostKind.ANY, "", PathKind.PREFIX, "/counter/");
    assertThat(Route.parse("/counter/*")).isEqualTo(any).isEqualTo(Route.parse("*/counter/*"));
  }

  @Test
  void readsAnExactPath() {
    assertThat(Route.parse("/robots.txt").pathKind()).isEqualTo(PathKind.EXACT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"example.com/shop*", "*.example.com/api/*", "/counter/*", "/x", "a-b.c_d.e1/%20*"})
  void printsWhatItRead(String pattern) {
    assertThat(Route.parse(pattern)).hasToString(pattern);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "example.com | a path after the host",
        "https://example.com/* | without a scheme",
        "a.*.com/* | '*' in the host only as its first label",
        "*example.com/* | '*' in the host only as its first label",
        "example.com:80/* | without a port",
        "exa mple.com/* | a host of letters",
        "a..b/* | host labels of 1 to 63 characters",
        "/a*b | '*' in the path only at its end",
        "/a** | '*' in the path only at its end",
        "/a?x=1* | without query",
        "/ä | percent-encoded",
        "/a b | percent-encoded",
        "/v1 | Holdfast's own",
        "/v1/objects/* | Holdfast's own",
        "x.org/healthz | Holdfast's own",
        "/readyz* | Holdfast's own",
        "/metrics | Holdfast's own"
      })
  void refusesABadPatternNamingItAndWhatWasExpected(String pattern, String expected) {
    assertThatThrownBy(() -> Route.parse(pattern))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.APP_INVALID))
        .hasMessageContaining("route '" + pattern + "': expected ")
        .hasMessageContaining(expected)
        .hasMessageContaining("found");
  }

  @Test
  void allowsPathsThatOnlyLookReserved() {
    assertThat(Route.parse("/v10/*").path()).isEqualTo("/v10/");
    assertThat(Route.parse("/healthzz").path()).isEqualTo("/healthzz");
    assertThat(Route.parse("/*").path()).isEqualTo("/");
  }
}
