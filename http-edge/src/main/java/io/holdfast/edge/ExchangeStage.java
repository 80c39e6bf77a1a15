package io.holdfast.edge;

import java.util.function.Consumer;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;

/// The requests of one connection, one after the other, to whoever answers them.
final class ExchangeStage extends GraphStage<FlowShape<HttpRequest, HttpResponse>> {
  private final Inlet<HttpRequest> in = Inlet.create("ExchangeStage.in");
  private final Outlet<HttpResponse> out = Outlet.create("ExchangeStage.out");
  private final FlowShape<HttpRequest, HttpResponse> shape = FlowShape.of(in, out);
  private final Handler handler;

  /// Takes a request and hands its response to the reply, once, from any thread.
  interface Handler {
    void handle(HttpRequest request, Consumer<HttpResponse> reply);
  }

  ExchangeStage(Handler handler) {
    this.handler = handler;
  }

  @Override
  public FlowShape<HttpRequest, HttpResponse> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic {
    private final AsyncCallback<HttpResponse> replies = createAsyncCallback(this::onReply);
    private final Consumer<HttpResponse> reply = replies::invoke;
    private boolean waiting;

    Logic() {
      super(shape);
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              waiting = true;
              handler.handle(grab(in), reply);
            }

            @Override
            public void onUpstreamFinish() {
              if (!waiting) {
                completeStage();
              }
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              if (!waiting && !isClosed(in)) {
                pull(in);
              }
            }
          });
    }

    private void onReply(HttpResponse response) {
      waiting = false;
      push(out, response);
      if (isClosed(in)) {
        completeStage();
      }
    }
  }
}
