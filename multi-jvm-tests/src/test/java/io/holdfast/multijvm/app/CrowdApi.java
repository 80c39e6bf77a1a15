package io.holdfast.multijvm.app;

/// What the Worker asks of one of very many objects.
public interface CrowdApi {
  long add();

  /// Always true.
  boolean wakeAt(long atMillis);

  boolean woken();
}
