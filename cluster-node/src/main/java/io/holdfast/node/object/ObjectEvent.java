package io.holdfast.node.object;

import io.holdfast.node.app.RpcMethods;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectResetError;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.spi.socket.PairedSocket;
import java.io.InputStream;
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
  private final long enteredNanos = System.nanoTime();
  private volatile @Nullable Thread thread;

  private ObjectEvent(ObjectAddress target, CallContext context) {
    this.target = target;
    this.context = context;
  }

  /// Whether the node itself wants it: it runs also while the object is about to leave.
  boolean isOfTheNode() {
    return false;
  }

  /// The object it happens to, as the sender knows it.
  final ObjectAddress target() {
    return target;
  }

  final CallContext context() {
    return context;
  }

  /// When it was made, by [System#nanoTime()].
  final long enteredNanos() {
    return enteredNanos;
  }

  /// Tells which thread runs it.
  final void runsOn(Thread runner) {
    thread = runner;
  }

  /// Interrupts its thread, if it has one.
  final void interrupt() {
    Thread runner = thread;
    if (runner != null) {
      runner.interrupt();
    }
  }

  /// Bytes it keeps in memory for its sender while it waits.
  long bytes() {
    return 0;
  }

  /// Whether somebody waits for its answer who can come again: it may be refused.
  boolean isCall() {
    return false;
  }

  /// Runs the event in its turn.
  OutputGate.Effect begin(Incarnation incarnation) throws Exception {
    return run(incarnation.instance(), incarnation);
  }

  /// Runs user code. What it throws becomes [#failed].
  abstract OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception;

  /// The effect of an event whose code threw.
  abstract OutputGate.Effect failed(HoldfastException error);

  /// Ends the event without running it.
  final void reject(HoldfastException reason) {
    failed(reason).release();
  }

  /// Lets go of a stream that nobody will read; does nothing for other values.
  static void discard(@Nullable Object value) {
    try {
      switch (value) {
        case Response response -> {
          response.webSocket().ifPresent(PairedSocket::abandon);
          if (response.body().buffered().isEmpty()) {
            response.body().stream().close();
          }
        }
        case RpcResult.Bytes(InputStream stream) -> stream.close();
        case null, default -> {}
      }
    } catch (Exception e) { // It may be a stream of user code: nothing of it may stop us.
      log.debug("closing a stream that nobody waits for", e);
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
    long bytes() {
      return request.body().buffered().map(bytes -> bytes.length).orElse(0);
    }

    @Override
    boolean isCall() {
      return true;
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
    private final CompletableFuture<RpcResult> reply;

    Invoke(
        ObjectAddress target,
        CallContext context,
        RpcCall call,
        CompletableFuture<RpcResult> reply) {
      super(target, context);
      this.call = call;
      this.reply = reply;
    }

    @Override
    long bytes() {
      return call.arguments().length;
    }

    @Override
    boolean isCall() {
      return true;
    }

    @Override
    OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception {
      return new Reply<>(reply, result(instance, incarnation, call));
    }

    /// Calls the method, and waits when it returns a stage.
    static RpcResult result(DurableObject instance, Incarnation incarnation, RpcCall call)
        throws Exception {
      RpcCall inbound = TurnStreams.inbound(incarnation, call);
      return switch (incarnation.invoke(instance, inbound)) {
        case RpcMethods.Result.Done(RpcResult done) -> done;
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

  /// A run of the alarm.
  static final class Alarm extends ObjectEvent implements AlarmLane.Run {
    private final int retryCount;
    private final CompletableFuture<AlarmEnd> reply;
    private volatile @Nullable Running running;
    private volatile boolean hasRun;

    /** The alarm that is handled. */
    private record Running(Incarnation incarnation, long generation, long sinceNanos) {}

    Alarm(
        ObjectAddress target,
        CallContext context,
        int retryCount,
        CompletableFuture<AlarmEnd> reply) {
      super(target, context);
      this.retryCount = retryCount;
      this.reply = reply;
    }

    @Override
    public CompletableFuture<?> end() {
      return reply;
    }

    @Override
    public boolean isHandled() {
      return running != null && !hasRun;
    }

    /// For how long the handler has been running, waiting included; 0 while it has not begun.
    long runningNanos(long now) {
      Running begun = running;
      return begun == null ? 0 : now - begun.sinceNanos;
    }

    @Override
    OutputGate.Effect run(DurableObject instance, Incarnation incarnation) {
      incarnation.mail().woken();
      incarnation.schedules().woken();
      Optional<Instant> due = incarnation.dueAlarm();
      if (due.isEmpty()) {
        return new Reply<>(reply, incarnation.withoutDueAlarm());
      }
      incarnation.usage().request();
      long generation = incarnation.storage().beginAlarmRun(due.get());
      running = new Running(incarnation, generation, System.nanoTime());
      boolean done = false;
      try {
        instance.alarm(new AlarmInfo(due.get(), retryCount));
        done = true;
      } catch (ObjectResetError e) {
        throw e;
      } catch (Throwable e) {
        done = afterFailure(incarnation, e);
      } finally {
        hasRun = true;
        incarnation.storage().endAlarmRun(done);
      }
      return new Reply<>(reply, done ? afterSuccess(incarnation, due) : new AlarmEnd.Failed());
    }

    private static AlarmEnd afterSuccess(Incarnation incarnation, Optional<Instant> ran) {
      return incarnation.storage().storedAlarm().equals(ran)
          ? new AlarmEnd.Again()
          : new AlarmEnd.Done();
    }

    /** One that alarm() set itself takes the place of the retry. */
    private boolean afterFailure(Incarnation incarnation, Throwable e) {
      boolean replaced = incarnation.storage().alarm().isPresent();
      boolean dropped = isLast();
      log.warn(
          "{}: alarm() failed, {}",
          incarnation.address(),
          replaced
              ? "it has set another"
              : dropped ? "dropped after the last retry" : "will be retried",
          e);
      return replaced || dropped;
    }

    private boolean isLast() {
      return retryCount >= AlarmPlan.RETRIES_MAX;
    }

    /** The end of the object's life under the handler: what it did to the alarm is lost with it. */
    @Override
    OutputGate.Effect failed(HoldfastException error) {
      Running begun = running;
      if (begun == null || !isOfItsOwn(error)) {
        return new Failure(reply, error);
      }
      boolean abandoned = begun.incarnation.abandonsAlarm() || isLast();
      return new Ended(
          reply, abandoned ? new AlarmEnd.Abandoned(begun.generation) : new AlarmEnd.Failed());
    }

    /** Tells of nothing that is stored, so it holds whatever becomes of the object. */
    private record Ended(CompletableFuture<AlarmEnd> reply, AlarmEnd end)
        implements OutputGate.Effect {
      @Override
      public void release() {
        reply.complete(end);
      }

      @Override
      public void fail(HoldfastException reason) {
        reply.complete(end);
      }
    }

    /** Whether the object's code is to blame, and not what it runs on. */
    private static boolean isOfItsOwn(HoldfastException error) {
      return switch (error.code()) {
        case OBJECT_RESET, OBJECT_BLOCKED, OBJECT_TIME_EXCEEDED, OBJECT_FAILED -> true;
        default -> false;
      };
    }
  }

  /// Removes an alarm that is not to be run again, unless another was set since.
  static final class AbandonAlarm extends ObjectEvent {
    private final long generation;
    private final CompletableFuture<AlarmEnd> reply;

    AbandonAlarm(
        ObjectAddress target,
        CallContext context,
        long generation,
        CompletableFuture<AlarmEnd> reply) {
      super(target, context);
      this.generation = generation;
      this.reply = reply;
    }

    @Override
    OutputGate.Effect run(DurableObject instance, Incarnation incarnation) {
      incarnation.storage().abandonAlarm(generation);
      return new Reply<>(reply, new AlarmEnd.Done());
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
    boolean isOfTheNode() {
      return true;
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

  /// Something an operator asked for. Runs without the instance: user code cannot be in its way.
  /// Its last act is to end the object's life in memory, unless told otherwise.
  static final class Admin<T> extends ObjectEvent {
    /** What is to be done; what it returns must be durable. */
    @FunctionalInterface
    interface Action<T> {
      T run(Incarnation incarnation) throws Exception;
    }

    enum Afterwards {
      STAY,
      RESET
    }

    private final Action<T> action;
    private final Afterwards afterwards;
    private final CompletableFuture<T> reply;

    Admin(
        ObjectAddress target,
        CallContext context,
        Action<T> action,
        Afterwards afterwards,
        CompletableFuture<T> reply) {
      super(target, context);
      this.action = action;
      this.afterwards = afterwards;
      this.reply = reply;
    }

    @Override
    boolean isOfTheNode() {
      return true;
    }

    @Override
    OutputGate.Effect begin(Incarnation incarnation) throws Exception {
      T result = action.run(incarnation);
      if (afterwards == Afterwards.RESET) {
        // First: the end of the incarnation rejects all events that have not answered.
        reply.complete(result);
        throw incarnation.reset(
            new ObjectCallException(
                ErrorCode.OBJECT_RESET,
                "Error",
                "Durable Object " + target() + " was reset by an operator."));
      }
      return new Reply<>(reply, result);
    }

    @Override
    OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception {
      return begin(incarnation);
    }

    @Override
    OutputGate.Effect failed(HoldfastException error) {
      return new Failure(reply, error);
    }
  }

  /// What the runtime does in the object's own turn, with an effect of its own.
  static final class Task extends ObjectEvent {
    private final Work work;
    private final long bytes;

    Task(ObjectAddress target, CallContext context, Work work) {
      super(target, context);
      this.work = work;
      this.bytes = work.bytes();
    }

    @Override
    long bytes() {
      return bytes;
    }

    @Override
    boolean isCall() {
      return work.isCall();
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
    default long bytes() {
      return 0;
    }

    default boolean isCall() {
      return false;
    }

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
