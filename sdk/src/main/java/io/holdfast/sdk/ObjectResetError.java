package io.holdfast.sdk;

/// Ends an event of an object that is being reset. Not to be caught: nothing such an event does has
/// an effect any more.
public final class ObjectResetError extends Error {
  private static final long serialVersionUID = 1;

  public ObjectResetError(String reason) {
    super(reason, null, false, false);
  }
}
