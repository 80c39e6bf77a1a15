package io.holdfast.engine.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.Network;
import io.holdfast.engine.egress.EgressDecision.Denied;
import io.holdfast.engine.egress.EgressDecision.Handled;
import io.holdfast.engine.egress.EgressDecision.ToInternet;
import io.holdfast.engine.egress.EgressDecision.Why;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.OutboundConfig;
import io.holdfast.sdk.OutboundHandler;
import io.holdfast.sdk.OutboundHandlers;
import io.holdfast.sdk.OutboundRef;
import io.holdfast.sdk.OutboundRules;
import io.holdfast.sdk.OutboundRules.Scheme;
import io.holdfast.sdk.Response;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EgressPolicyTest {
  private static final OutboundHandler ANY = (_, _, _) -> Response.text("handled");
  private static final EgressDecision INTERNET = new ToInternet();

  private static EgressDecision denied(Why why) {
    return new Denied(why);
  }

  private static EgressDecision named(String handler) {
    return new Handled(new HandlerRef.Named(OutboundRef.to(handler)));
  }

  /** Each row switches on what is named in it, over all the rows below it. */
  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource({
    "denied+allowed+runtimeHost+staticHost+runtimeAll+staticAll+internet, DENIED_HOST",
    "othersAllowed+runtimeHost+staticHost+runtimeAll+staticAll+internet, NOT_ALLOWED",
    "allowed+runtimeHost+staticHost+runtimeAll+staticAll+internet, runtimeHost",
    "runtimeHost+staticHost+runtimeAll+staticAll, runtimeHost",
    "allowed+staticHost+runtimeAll+staticAll+internet, staticHost",
    "staticHost+runtimeAll+staticAll, staticHost",
    "allowed+runtimeAll+staticAll+internet, runtimeAll",
    "runtimeAll+staticAll, runtimeAll",
    "allowed+staticAll+internet, staticAll",
    "staticAll, staticAll",
    "allowed, internet",
    "allowed+internet, internet",
    "internet, internet",
    "nothing, NO_INTERNET",
  })
  void decidesInTheOrderOfTheTable(String given, String expected) {
    List<String> on = Arrays.asList(given.split("\\+"));
    String host = "api.example.com";
    OutboundHandlers handlers = OutboundHandlers.none();
    handlers = on.contains("staticHost") ? handlers.byHost(host, ANY) : handlers;
    handlers = on.contains("staticAll") ? handlers.catchAll(ANY) : handlers;
    OutboundRules rules = OutboundRules.NONE;
    rules = on.contains("runtimeHost") ? rules.byHost(host, OutboundRef.to("runtimeHost")) : rules;
    rules = on.contains("runtimeAll") ? rules.catchAll(OutboundRef.to("runtimeAll")) : rules;
    Optional<List<String>> allowed =
        on.contains("allowed")
            ? Optional.of(List.of("*.example.com"))
            : on.contains("othersAllowed")
                ? Optional.of(List.of("other.example.com"))
                : Optional.empty();
    List<String> denied = on.contains("denied") ? List.of(host) : List.of();

    EgressDecision decision =
        EgressPolicy.of(
                new OutboundConfig(on.contains("internet"), allowed, denied, false),
                handlers,
                rules)
            .decide(Origin.http(host, 80));

    assertThat(decision)
        .isEqualTo(
            switch (expected) {
              case "internet" -> INTERNET;
              case "runtimeHost", "runtimeAll" -> named(expected);
              case "staticHost" -> new Handled(new HandlerRef.OfHost(host));
              case "staticAll" -> new Handled(new HandlerRef.CatchAll());
              default -> denied(Why.valueOf(expected));
            });
  }

  @ParameterizedTest(name = "{0} for {1}: {2}")
  @CsvSource({
    "example.com, example.com, true",
    "example.com, EXAMPLE.com., true",
    "Example.COM.., example.com, true",
    "example.com, a.example.com, false",
    "example.com, example.com.evil.org, false",
    "*.example.com, a.example.com, true",
    "*.example.com, a.b.example.com, true",
    "*.example.com, example.com, false",
    "*.example.com, aexample.com, false",
    "*example.com, aexample.com, true",
    "a*c*e, abcde, true",
    "a*c*e, abcdf, false",
    "*, anything, true",
    "10.1.0.0/16, 10.1.255.3, true",
    "10.1.0.0/16, 10.2.0.1, false",
    "0.0.0.0/0, 9.9.9.9, true",
    "0.0.0.0/0, nine.example, false",
    "1.2.3.4, 1.2.3.4, true",
    "1.2.3.4, 1.2.3.5, false",
    "1.2.3.4:80, 1.2.3.4, true",
    "1.2.3.4:443, 1.2.3.4, false",
    "example.com:443, example.com, false",
  })
  void fitsHosts(String pattern, String host, boolean fits) {
    EgressPolicy policy =
        EgressPolicy.of(
            new OutboundConfig(true, Optional.empty(), List.of(pattern), false),
            OutboundHandlers.none(),
            OutboundRules.NONE);
    assertThat(policy.decide(Origin.http(host, 80)).equals(denied(Why.DENIED_HOST)))
        .isEqualTo(fits);
  }

  @Test
  void theMoreExactHostWins() {
    OutboundRules rules =
        OutboundRules.NONE
            .byHost("*", OutboundRef.to("all"))
            .byHost("*.example.com", OutboundRef.to("domain"))
            .byHost("a.example.com", OutboundRef.to("host"));
    EgressPolicy policy = EgressPolicy.of(config(false), OutboundHandlers.none(), rules);
    assertThat(policy.decide(Origin.http("a.example.com", 80))).isEqualTo(named("host"));
    assertThat(policy.decide(Origin.http("b.example.com", 80))).isEqualTo(named("domain"));
    assertThat(policy.decide(Origin.http("c.example.org", 80))).isEqualTo(named("all"));
  }

  @Test
  void withoutInterceptHttpsHandlersDoNotSeeWhatTheyCannotRead() {
    OutboundHandlers handlers = OutboundHandlers.none().catchAll(ANY).byHost("a.example", ANY);
    EgressPolicy closed = EgressPolicy.of(config(false), handlers, OutboundRules.NONE);
    assertThat(closed.endsTls("a.example", 443)).isFalse();
    assertThat(closed.decide(Origin.https("a.example", 443))).isEqualTo(denied(Why.NO_INTERNET));
    assertThat(closed.decide(Origin.http("a.example", 80))).isInstanceOf(Handled.class);

    EgressPolicy reading =
        EgressPolicy.of(
            new OutboundConfig(false, Optional.empty(), List.of(), true),
            handlers,
            OutboundRules.NONE);
    assertThat(reading.endsTls("other.example", 443)).isTrue();
    assertThat(reading.decide(Origin.https("a.example", 443))).isInstanceOf(Handled.class);
  }

  @Test
  void anInterceptionTakesOneSchemeOfOneHost() {
    OutboundRules rules =
        OutboundRules.NONE
            .intercept(Scheme.HTTP, "1.2.3.0/24", OutboundRef.to("range"))
            .intercept(Scheme.HTTPS, "*.example.com", OutboundRef.to("secure"))
            .intercept(Scheme.HTTP, "*", OutboundRef.to("all"));
    EgressPolicy policy = EgressPolicy.of(config(false), OutboundHandlers.none(), rules);
    assertThat(policy.decide(Origin.http("1.2.3.9", 80))).isEqualTo(named("range"));
    assertThat(policy.decide(Origin.http("a.example.com", 80))).isEqualTo(named("all"));
    assertThat(policy.endsTls("a.example.com", 443)).isTrue();
    assertThat(policy.decide(Origin.https("a.example.com", 443))).isEqualTo(named("secure"));
    assertThat(policy.endsTls("example.org", 443)).isFalse();
    assertThat(policy.decide(Origin.https("example.org", 443))).isEqualTo(denied(Why.NO_INTERNET));
  }

  @Test
  void whatTheObjectSetTakesThePlaceOfTheClass() {
    EgressPolicy policy =
        EgressPolicy.of(
            new OutboundConfig(
                true, Optional.of(List.of("a.example")), List.of("b.example"), false),
            OutboundHandlers.none(),
            OutboundRules.NONE.allowedHosts(List.of("*.example")).deniedHosts(List.of()));
    assertThat(policy.decide(Origin.http("b.example", 80))).isEqualTo(INTERNET);
    EgressPolicy nothing =
        EgressPolicy.of(
            config(true), OutboundHandlers.none(), OutboundRules.NONE.allowedHosts(List.of()));
    assertThat(nothing.decide(Origin.http("b.example", 80))).isEqualTo(denied(Why.NOT_ALLOWED));
  }

  @Test
  void aNameMayBeLookedUpWhenSomeRequestToItCouldGoSomewhere() {
    OutboundRules rules =
        OutboundRules.NONE.intercept(Scheme.HTTPS, "s.example", OutboundRef.to("secure"));
    EgressPolicy policy = EgressPolicy.of(config(false), OutboundHandlers.none(), rules);
    assertThat(policy.decideName("s.example")).isEqualTo(named("secure"));
    assertThat(policy.decideName("t.example")).isEqualTo(denied(Why.NO_INTERNET));
  }

  @Test
  void deniedAddressesCountAfterTheNameWasLookedUpToo() throws Exception {
    EgressPolicy policy =
        EgressPolicy.of(
            new OutboundConfig(true, Optional.empty(), List.of("9.9.9.0/24"), false),
            OutboundHandlers.none(),
            OutboundRules.NONE);
    assertThat(policy.deniesAddress(InetAddress.getByName("9.9.9.9"))).isTrue();
    assertThat(policy.deniesAddress(InetAddress.getByName("9.9.8.9"))).isFalse();
  }

  @Test
  void saysWhetherOnlyTheProxyMayBeReached() {
    EgressPolicy open = EgressPolicy.of(config(true), OutboundHandlers.none(), OutboundRules.NONE);
    assertThat(open.confines()).isFalse();
    assertThat(open.network()).isEqualTo(Network.INTERNET);
    EgressPolicy intercepting =
        EgressPolicy.of(config(true), OutboundHandlers.none().catchAll(ANY), OutboundRules.NONE);
    assertThat(intercepting.confines()).isFalse();
    assertThat(intercepting.network()).isEqualTo(Network.GATED_OPEN);
    EgressPolicy closed =
        EgressPolicy.of(config(false), OutboundHandlers.none(), OutboundRules.NONE);
    assertThat(closed.confines()).isTrue();
    assertThat(closed.network()).isEqualTo(Network.NONE_OUTSIDE);
  }

  @Test
  void refusesWhatIsNoHost() {
    for (String bad :
        List.of("a b", "http://a", "a/b", "a:b", "a:99999", "[::1]", "", "1.2.3.4/40")) {
      assertThatThrownBy(() ->
              EgressPolicy.of(
                  new OutboundConfig(true, Optional.empty(), List.of(bad), false),
                  OutboundHandlers.none(),
                  OutboundRules.NONE))
          .as(bad)
          .isInstanceOf(HoldfastException.class)
          .hasMessageContaining("expected a host");
    }
  }

  private static OutboundConfig config(boolean internet) {
    return new OutboundConfig(internet, Optional.empty(), List.of(), false);
  }
}
