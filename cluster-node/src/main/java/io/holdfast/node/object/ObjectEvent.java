package io.holdfast.node.object;

import io.holdfast.node.app.RpcMethods;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectResetError;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Something that happens to an object: it runs as one turn and ends with one effect.
abstract sealed class ObjectEvent {
  private static final Logger log = LoggerFactory.getLogger(ObjectEvent.class);

  private final ObjectAddress target;
  private final CallContext context;

  private ObjectEvent(ObjectAddress target, CallContext context) {
    this.target = target;
    this.context = context;
  }

  /// The object it happens to, as the sender knows it.
  final ObjectAddress target() {
    return target;
  }

  final CallContext context() {
    return context;
  }

  /// Runs user code. What it throws becomes [#failed].
  abstract OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception;

  /// The effect of an event whose code threw.
  abstract OutputGate.Effect failed(HoldfastException error);

  /// Ends the event without running it.
  final void reject(HoldfastException reason) {
    failed(reason).release();
  }

  /// Lets go of the body of a response that nobody will read; does nothing for other values.
  static void discard(@Nullable Object value) {
    if (value instanceof Response response && response.body().buffered().isEmpty()) {
      try {
        response.body().stream().close();
      } catch (Exception e) { // It may be a stream of user code: nothing of it may stop us.
        log.debug("closing the body of a response that nobody waits for", e);
      }
    }
  }

  /// A reply to a caller.
  record Reply<T>(CompletableFuture<T> future, T value) implements OutputGate.Effect {
    @Override
    public void release() {
      if (!future.complete(value)) {
        discard(value);
      }
    }

    @Override
    public void fail(HoldfastException reason) {
      discard(value);
      future.completeExceptionally(reason);
    }
  }

  record Failure(CompletableFuture<?> future, HoldfastException error)
      implements OutputGate.Effect {
    @Override
    public void release() {
      future.completeExceptionally(error);
    }

    @Override
    public void fail(HoldfastException reason) {
      future.completeExceptionally(reason);
    }
  }

  /// An HTTP request to the object.
  static final class Fetch extends ObjectEvent {
    private final Request request;
    private final CompletableFuture<Response> reply;

    Fetch(
        ObjectAddress target,
        CallContext context,
        Request request,
        CompletableFuture<Response> reply) {
      super(target, context);
      this.request = request;
      this.reply = reply;
    }

    @Override
    OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception {
      return new Reply<>(reply, response(instance, TurnStreams.inbound(incarnation, request)));
    }

    static Response response(DurableObject instance, Request request) throws Exception {
      Response response = instance.fetch(request);
      if (response == null) {
        throw new NullPointerException(
            "fetch() of " + instance.getClass().getName() + " returned null");
      }
      return response;
    }

    @Override
    OutputGate.Effect failed(HoldfastException error) {
      return new Failure(reply, error);
    }
  }

  /// A method call on the object.
  static final class Invoke extends ObjectEvent {
    private final RpcCall call;
    private final CompletableFuture<byte[]> reply;

    Invoke(
        ObjectAddress target, CallContext context, RpcCall call, CompletableFuture<byte[]> reply) {
      super(target, context);
      this.call = call;
      this.reply = reply;
    }

    @Override
    OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception {
      return new Reply<>(reply, result(instance, incarnation, call));
    }

    /// Calls the method, and waits when it returns a stage.
    static byte[] result(DurableObject instance, Incarnation incarnation, RpcCall call)
        throws Exception {
      return switch (incarnation.invoke(instance, call)) {
        case RpcMethods.Result.Encoded(byte[] bytes) -> bytes;
        case RpcMethods.Result.Pending pending ->
            pending.encode(
                incarnation.yieldWhile(() -> pending.stage().toCompletableFuture().get()));
      };
    }

    @Override
    OutputGate.Effect failed(HoldfastException error) {
      return new Failure(reply, error);
    }
  }

  /// A run of the alarm. The reply is true when there is nothing more to do for it, false when it
  /// is to be run again.
  static final class Alarm extends ObjectEvent {
    /** 6 retries after the first run, then the alarm is dropped. */
    static final int RETRIES_MAX = 6;

    private final int retryCount;
    private final CompletableFuture<Boolean> reply;

    Alarm(
        ObjectAddress target,
        CallContext context,
        int retryCount,
        CompletableFuture<Boolean> reply) {
      super(target, context);
      this.retryCount = retryCount;
      this.reply = reply;
    }

    @Override
    OutputGate.Effect run(DurableObject instance, Incarnation incarnation) {
      incarnation.mail().woken();
      Optional<Instant> due = incarnation.dueAlarm();
      if (due.isEmpty()) {
        return new Reply<>(reply, true);
      }
      incarnation.storage().beginAlarmRun(due.get());
      boolean done = false;
      try {
        instance.alarm(new AlarmInfo(due.get(), retryCount));
        done = true;
      } catch (ObjectResetError e) {
        throw e;
      } catch (Throwable e) {
        // One that alarm() set itself takes the place of the retry.
        boolean replaced = incarnation.storage().alarm().isPresent();
        done = replaced || retryCount >= RETRIES_MAX;
        log.warn(
            "{}: alarm() failed, {}",
            incarnation.address(),
            replaced
                ? "it has set another"
                : done ? "dropped after the last retry" : "will be retried",
            e);
      } finally {
        incarnation.storage().endAlarmRun(done);
      }
      return new Reply<>(reply, done);
    }

    @Override
    OutputGate.Effect failed(HoldfastException error) {
      return new Failure(reply, error);
    }
  }

  /// Something the runtime does in the object's own turn, such as a hook of its container.
  static final class Hook extends ObjectEvent {
    /** What the hook does. */
    @FunctionalInterface
    interface Action {
      void run(DurableObject instance, Incarnation incarnation) throws Exception;
    }

    private final Action action;
    private final CompletableFuture<Boolean> reply;

    Hook(
        ObjectAddress target,
        CallContext context,
        Action action,
        CompletableFuture<Boolean> reply) {
      super(target, context);
      this.action = action;
      this.reply = reply;
    }

    @Override
    OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception {
      action.run(instance, incarnation);
      return new Reply<>(reply, true);
    }

    @Override
    OutputGate.Effect failed(HoldfastException error) {
      return new Failure(reply, error);
    }
  }

  /// What the runtime does in the object's own turn, with an effect of its own.
  static final class Task extends ObjectEvent {
    private final Work work;

    Task(ObjectAddress target, CallContext context, Work work) {
      super(target, context);
      this.work = work;
    }

    @Override
    OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception {
      return work.run(instance, incarnation);
    }

    @Override
    OutputGate.Effect failed(HoldfastException error) {
      return work.failed(error);
    }
  }

  /// The work of a [Task], like an event itself.
  interface Work {
    OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception;

    OutputGate.Effect failed(HoldfastException error);
  }

  /// A task of the object's own, see `ObjectContext.waitUntil`.
  static final class Background extends ObjectEvent {
    private final Callable<?> task;

    Background(ObjectAddress target, CallContext context, Callable<?> task) {
      super(target, context);
      this.task = task;
    }

    @Override
    OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception {
      Object ignored = task.call();
      return NOTHING;
    }

    @Override
    OutputGate.Effect failed(HoldfastException error) {
      log.warn("a task given to waitUntil() failed: {}", error.getMessage());
      return NOTHING;
    }
  }

  /// An effect that nobody waits for.
  static final OutputGate.Effect NOTHING =
      new OutputGate.Effect() {
        @Override
        public void release() {}

        @Override
        public void fail(HoldfastException reason) {}
      };
}
