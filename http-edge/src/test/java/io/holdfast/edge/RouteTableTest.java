package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTableTest {
  private static RouteTable<String> table(String... patterns) {
    List<RouteTable.Entry<String>> entries = new ArrayList<>();
    for (String pattern : patterns) {
      entries.add(new RouteTable.Entry<>(Route.parse(pattern), "app", pattern));
    }
    return RouteTable.of(entries);
  }

  @ParameterizedTest
  @CsvSource({
    "shop.example.com, /api/x, shop.example.com/api/*",
    "shop.example.com, /api/, shop.example.com/api/*",
    "shop.example.com, /other, *.example.com/*",
    "a.b.example.com, /x, *.b.example.com/*",
    "a.c.example.com, /x, *.example.com/*",
    "example.com, /x, /*",
    "other.org, /robots.txt, /robots.txt",
    "other.org, /robots.txt2, /robots*",
    "other.org, /robot, /*",
    "badexample.com, /x, /*",
  })
  void picksTheMostSpecificRoute(String host, String path, String expected) {
    RouteTable<String> table =
        table(
            "/*",
            "/robots*",
            "/robots.txt",
            "*.example.com/*",
            "*.b.example.com/*",
            "shop.example.com/api/*");
    assertThat(table.find(host, path)).isEqualTo(expected);
  }

  @Test
  void findsNothingInAnEmptyTable() {
    assertThat(table().find("a", "/")).isNull();
  }

  @Test
  void doesNotTakeTheSlashlessPathForItsFolder() {
    assertThat(table("/counter/*").find("a", "/counter")).isNull();
  }

  @Test
  void refusesTwoAppsOnOnePatternNamingBoth() {
    Route route = Route.parse("/x/*");
    assertThatThrownBy(() ->
            RouteTable.of(
                List.of(
                    new RouteTable.Entry<>(route, "shop", 1),
                    new RouteTable.Entry<>(Route.parse("*/x/*"), "blog", 2))))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.APP_INVALID))
        .hasMessage("route '/x/*': expected one app, found 'shop' and 'blog'");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void findsTheLongestPrefixAsALinearSearchDoes(long seed) {
    Random random = new Random(seed);
    List<String> prefixes = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      prefixes.add(randomPath(random));
    }
    RouteTable<String> table = table(prefixes.stream().map(p -> p + "*").toArray(String[]::new));
    for (int i = 0; i < 5_000; i++) {
      String path = randomPath(random);
      String expected =
          prefixes.stream()
              .filter(path::startsWith)
              .max(Comparator.comparingInt(String::length))
              .map(p -> p + "*")
              .orElse(null);
      assertThat(table.find("host", path)).as("seed %d, path %s", seed, path).isEqualTo(expected);
    }
  }

  private static String randomPath(Random random) {
    StringBuilder path = new StringBuilder("/");
    for (int length = random.nextInt(8); length > 0; length--) {
      path.append("ab/".charAt(random.nextInt(3)));
    }
    String text = path.toString().replaceAll("/+", "/");
    return text;
  }
}
