package io.holdfast.edge;

import io.holdfast.protocol.CallContext;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Runs the Worker of one app, each request on a virtual thread of its own.
final class WorkerHost {
  private final String app;
  private final Worker worker;
  private final Function<CallContext, Env> env;
  private final WaitUntilTasks tasks;
  private final @Nullable ClassLoader classes;
  private final Thread.Builder.OfVirtual threads;

  WorkerHost(String app, Worker worker, Function<CallContext, Env> env, WaitUntilTasks tasks) {
    this.app = app;
    this.worker = worker;
    this.env = env;
    this.tasks = tasks;
    this.classes = worker.getClass().getClassLoader();
    this.threads = Thread.ofVirtual().name("worker-" + app).inheritInheritableThreadLocals(false);
  }

  String app() {
    return app;
  }

  /// Starts the Worker; its outcome answers the exchange.
  void fetch(Exchange exchange, Body body) {
    Thread thread = threads.unstarted(() -> run(exchange, body));
    prepare(thread);
    exchange.runsOn(thread);
    thread.start();
  }

  private void prepare(Thread thread) {
    thread.setContextClassLoader(classes);
  }

  private void run(Exchange exchange, Body body) {
    try {
      exchange.answer(outcome(exchange, body));
    } catch (Throwable e) {
      exchange.fail(e);
    }
  }

  private Response outcome(Exchange exchange, Body body) throws Exception {
    @Nullable Response response =
        worker.fetch(
            exchange.head().withBody(body),
            env.apply(CallContext.of(exchange.requestId())),
            new RequestContext(exchange));
    if (response == null) {
      throw new HoldfastException(
          ErrorCode.WORKER_FAILED, "expected a response from the worker, found null");
    }
    return response;
  }

  private final class RequestContext implements ExecutionContext {
    private final Exchange exchange;

    RequestContext(Exchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public void waitUntil(Callable<?> task) {
      tasks.start(exchange, task, WorkerHost.this::prepare);
    }

    @Override
    public String requestId() {
      return exchange.requestId();
    }
  }
}
