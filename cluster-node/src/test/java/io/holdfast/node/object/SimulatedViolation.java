package io.holdfast.node.object;

/// A promise that was broken. An error, so that nothing on its way takes it for a failing effect.
final class SimulatedViolation extends Error {
  private static final long serialVersionUID = 1;

  SimulatedViolation(String what) {
    super(what);
  }
}
