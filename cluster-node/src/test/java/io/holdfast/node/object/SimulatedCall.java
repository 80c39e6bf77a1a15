package io.holdfast.node.object;

import io.holdfast.sdk.HoldfastException;

/// What a client asks an object once, and the one end that has to come to it.
final class SimulatedCall implements OutputGate.Effect {
  /// What an event does, beside writing down its id.
  enum Kind {
    READS,
    WRITES,
    WRITES_MUCH,
    DELETES_ALL,
    RESTORES
  }

  /// Told of the end of a call.
  interface Client {
    void ended(boolean answered);
  }

  final long id;
  final Kind kind;
  private final Client client;
  private Runnable onRelease = () -> {};
  private boolean ended;

  SimulatedCall(long id, Kind kind, Client client) {
    this.id = id;
    this.kind = kind;
    this.client = client;
  }

  /// What to check at the moment in which the answer leaves.
  void onRelease(Runnable check) {
    onRelease = check;
  }

  @Override
  public void release() {
    end();
    onRelease.run();
    client.ended(true);
  }

  @Override
  public void fail(HoldfastException reason) {
    end();
    client.ended(false);
  }

  private void end() {
    if (ended) {
      throw new SimulatedViolation("call " + id + " ended twice");
    }
    ended = true;
  }
}
