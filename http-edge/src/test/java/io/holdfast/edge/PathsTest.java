package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathsTest {
  @ParameterizedTest
  @CsvSource({
    "/a/../b, /b",
    "/a/./b, /a/b",
    "/../../etc/passwd, /etc/passwd",
    "/public/%2e%2E/admin, /admin",
    "/public/.%2e/admin, /admin",
    "/a/.., /",
    "/a/b/.., /a/",
    "/a/., /a/",
    "/., /",
    "/..., /...",
    "/.well-known/x, /.well-known/x",
    "/a//../b, /a/b",
    "/a/..b/c, /a/..b/c",
    "/%2e%2e%2fb, /%2e%2e%2fb",
  })
  void removesDotSegmentsAlsoEncodedOnes(String path, String expected) {
    assertThat(Paths.withoutDotSegments(path)).isEqualTo(expected);
  }

  @Test
  void leavesOrdinaryPathsAlone() {
    String path = "/a/b.c/d";
    assertThat(Paths.withoutDotSegments(path)).isSameAs(path);
  }
}
