package io.holdfast.node.region;

import io.holdfast.cassandra.Placement;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;

/// What an object's home before answers: nothing was done, the call goes there.
public final class ObjectMoved extends HoldfastException {
  private static final long serialVersionUID = 1;

  private final transient Placement home;

  public ObjectMoved(ObjectAddress object, Placement home) {
    this("Durable Object " + object + " lives in region " + home.region() + ".", home);
  }

  /// One that came from another node.
  public ObjectMoved(String message, Placement home) {
    super(ErrorCode.OBJECT_UNAVAILABLE, message);
    this.home = home;
  }

  /// Where it lives now.
  public Placement home() {
    return home;
  }
}
