package io.holdfast.node.capacity;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// The right to run one container: waited for, held, and given back by [#release()].
///
/// Thread-safe.
public final class StartTicket {
  /// Where it is; it never goes back.
  enum State {
    WAITING,
    HELD,
    OVER
  }

  private final NodeCapacity capacity;
  final NamespaceId namespace;

  /** Whose container it is for; none for one that ran already. */
  final @Nullable ObjectAddress object;

  final Resources need;

  /** In the order of arrival. */
  final long number;

  final long arrivalNanos;
  final CompletableFuture<Void> granted = new CompletableFuture<>();

  // Guarded by the monitor of the capacity.
  State state = State.WAITING;
  int overtaken;

  StartTicket(
      NodeCapacity capacity,
      NamespaceId namespace,
      @Nullable ObjectAddress object,
      Resources need,
      long number,
      long arrivalNanos) {
    this.capacity = capacity;
    this.namespace = namespace;
    this.object = object;
    this.need = need;
    this.number = number;
    this.arrivalNanos = arrivalNanos;
  }

  /// Waits until there is room; returns at once when there was.
  ///
  /// @throws HoldfastException `container_no_capacity` when there is none in time or [#callOff()]
  ///   came first; `object_unavailable` when the node shuts down
  public void await() {
    try {
      granted.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HoldfastException known) {
        throw new HoldfastException(known.code(), known.getMessage(), known);
      }
      throw new HoldfastException(ErrorCode.INTERNAL, "unexpected: " + e.getCause(), e);
    } catch (InterruptedException e) {
      release();
      Thread.currentThread().interrupt();
      throw new HoldfastException(
          ErrorCode.OBJECT_UNAVAILABLE, "interrupted while waiting for room for a container", e);
    }
  }

  /// Stops waiting for it; what is held stays held.
  public void callOff() {
    capacity.callOff(this);
  }

  /// Gives it back, or stops waiting for it. Safe to repeat.
  public void release() {
    capacity.release(this);
  }
}
