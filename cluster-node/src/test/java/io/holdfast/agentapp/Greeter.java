package io.holdfast.agentapp;

/// What handlers ask of an [Agent].
public interface Greeter {
  String greeting();
}
