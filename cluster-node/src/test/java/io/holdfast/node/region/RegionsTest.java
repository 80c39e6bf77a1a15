package io.holdfast.node.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegionsTest {
  private static final String THREE =
      """
      eu { number = 1, hints = [weur, eeur], jurisdictions = [eu], nearest = [us, ap] }
      us { number = 2, hints = [enam, wnam], jurisdictions = [us, fedramp], nearest = [eu] }
      ap { number = 3, hints = [apac], nearest = [us] }\
      """;
  private static final Predicate<Region> ALL = _ -> true;

  static Config config(String self, String regions) {
    return ConfigFactory.parseString(
            "holdfast { region = \"%s\", regions { %s } }".formatted(self, regions))
        .withFallback(ConfigFactory.defaultReference());
  }

  private static Regions three(String self) {
    return Regions.from(config(self, THREE));
  }

  private static String home(Regions regions, String hint, Jurisdiction law) {
    return regions.home(Optional.ofNullable(hint), Optional.ofNullable(law), ALL).name();
  }

  @Test
  void aClusterThatListsNoneHasTheOneOfItsNode() {
    Regions one = Regions.from(ConfigFactory.defaultReference());
    assertThat(one.areSeveral()).isFalse();
    assertThat(one.self().name()).isEqualTo("local");
    assertThat(one.self().number()).isZero();
    assertThat(home(one, "weur", null)).isEqualTo("local");
  }

  @Test
  void anObjectBeginsWhereItIsFirstAskedForUnlessAHintSaysOtherwise() {
    assertThat(home(three("eu"), null, null)).isEqualTo("eu");
    assertThat(home(three("eu"), "apac", null)).isEqualTo("ap");
    assertThat(home(three("us"), "moon", null)).isEqualTo("us");
    assertThat(home(three("us"), "sam", null)).isEqualTo("us");
  }

  @Test
  void aJurisdictionIsStrongerThanHintAndPlace() {
    assertThat(home(three("ap"), "apac", Jurisdiction.EU)).isEqualTo("eu");
    assertThat(home(three("ap"), null, Jurisdiction.FEDRAMP)).isEqualTo("us");
    assertThatThrownBy(() -> home(three("eu"), null, Jurisdiction.FEDRAMP_HIGH))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.JURISDICTION_UNAVAILABLE))
        .hasMessage(
            "expected a region of jurisdiction fedramp-high, found none among [eu, us, ap]");
  }

  @Test
  void aRegionThatCannotBeReachedIsPassedOverForTheNextOne() {
    Predicate<Region> withoutAp = region -> !region.name().equals("ap");
    assertThat(three("us").home(Optional.of("apac"), Optional.empty(), withoutAp).name())
        .isEqualTo("us");
    Predicate<Region> withoutEu = region -> !region.name().equals("eu");
    assertThat(three("ap").home(Optional.empty(), Optional.of(Jurisdiction.EU), withoutEu).name())
        .isEqualTo("eu");
  }

  @Test
  void theSameRegionsAreTheSameTextHoweverTheyAreWritten() {
    assertThat(Regions.from(config("a", "a { number = 1, hints = [me, afr] }, b { number = 2 }")))
        .hasToString(
            "a { number = 1, hints = [afr, me], jurisdictions = [], nearest = [] },"
                + " b { number = 2, hints = [], jurisdictions = [], nearest = [] }")
        .hasToString(
            Regions.from(
                    config("b", "b.number = \"2\", a { hints.0 = afr, hints.1 = me, number = 1 }"))
                .toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "us { number = 1 }                 | holdfast.region: expected one of [us], found 'eu'",
        "eu {}                             | holdfast.regions: ",
        "eu { number = 0 }                 | eu.number: expected 1 to 255, found 0",
        "eu { number = 1, hint = weur }    | eu: expected one of [hints, jurisdictions, nearest, number], found 'hint'",
        "eu { number = 1, hints = [mars] } | eu.hints: expected some of [afr",
        "eu { number = 1, jurisdictions = [ch] } | eu.jurisdictions: expected a jurisdiction of eu",
        "eu { number = 1, nearest = [us] } | eu.nearest: expected some of [eu], found 'us'",
        "eu { number = 7 }, us { number = 7 } | us.number: expected a number of its own, found 7, which eu has too",
      })
  void whatIsWrongIsNamed(String text, String message) {
    assertThatThrownBy(() -> Regions.from(config("eu", text)))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining(message);
  }
}
