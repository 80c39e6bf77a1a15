package io.holdfast.engine.egress;

/// What becomes of a request of a container.
public sealed interface EgressDecision {
  /// A handler of the class answers it.
  record Handled(HandlerRef handler) implements EgressDecision {}

  /// It goes on to the internet.
  record ToInternet() implements EgressDecision {}

  /// It goes nowhere.
  record Denied(Why why) implements EgressDecision {}

  /// Why not.
  enum Why {
    DENIED_HOST("the host is in deniedHosts"),
    NOT_ALLOWED("the host is not in allowedHosts"),
    NO_INTERNET("the container has no internet and no handler takes the host");

    private final String text;

    Why(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }
}
