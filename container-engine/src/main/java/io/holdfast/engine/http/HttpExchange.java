package io.holdfast.engine.http;

import io.holdfast.engine.HttpConfig;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.spi.socket.PairedSocket;
import io.holdfast.sdk.spi.socket.SocketEnd;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.Objects;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/*
 * When is a request sent a second time?
 *
 * A server may close a connection that rests, at any moment, also at the moment we write to it. The answer to what we
 * wrote is then a reset or an end of stream before the first byte. For a request that may be repeated (idempotent, body
 * in memory) we write at once and, on that outcome and only on a line that carried a request before, send it again on a
 * new line. Any other request is given a resting line only after a look (one system call) whether the line is still
 * open; what goes wrong after that is told to the caller, because the server may have acted.
 */
/// Requests and their answers over pooled lines.
final class HttpExchange {
  private static final int INTERIM_MAX = 16;
  private static final int SWITCHING = 101;

  private final LinePools lines;
  private final HttpConfig config;

  HttpExchange(LinePools lines, HttpConfig config) {
    this.lines = lines;
    this.config = config;
  }

  Response send(Route route, OutgoingRequest request, FetchOptions options) {
    LinePools.Wanted wanted =
        request.repeatable() ? LinePools.Wanted.ANY : LinePools.Wanted.ANY_CHECKED;
    HttpLine line = take(route, wanted, options);
    try {
      return new Attempt(route, line, request, options).run();
    } catch (IOException e) {
      if (line.use() == HttpLine.Use.FIRST
          || !request.repeatable()
          || e instanceof SocketTimeoutException) {
        throw told(route, e, options);
      }
    }
    HttpLine fresh = take(route, LinePools.Wanted.NEW, options);
    try {
      return new Attempt(route, fresh, request, options).run();
    } catch (IOException e) {
      throw told(route, e, options);
    }
  }

  private static HoldfastException told(Route route, IOException e, FetchOptions options) {
    return e instanceof SocketTimeoutException
        ? Faults.silent(route, options.readTimeout())
        : Faults.brokenOff(route, e);
  }

  private HttpLine take(Route route, LinePools.Wanted wanted, FetchOptions options) {
    try {
      return lines.take(route, wanted, options.connectTimeout());
    } catch (LinePool.FullException _) {
      throw Faults.tooMany(route, config.connectionsPerEndpointMax());
    } catch (IOException e) {
      throw Faults.notConnected(route, e);
    }
  }

  /// One request on one line. An [IOException] means that no byte of an answer has come.
  private final class Attempt {
    private final Route route;
    private final HttpLine line;
    private final DefaultBHttpClientConnection codec;
    private final OutgoingRequest request;
    private final FetchOptions options;
    private @Nullable BodyPump pump;

    Attempt(Route route, HttpLine line, OutgoingRequest request, FetchOptions options) {
      this.route = route;
      this.line = line;
      this.codec = line.codec();
      this.request = request;
      this.options = options;
    }

    Response run() throws IOException {
      Progress progress = Progress.FAILED;
      try {
        ClassicHttpRequest head = request.head();
        sendRequest(head);
        Response response = receive(head);
        progress = Progress.ANSWERED;
        return response;
      } catch (HttpException | MessageConstraintException e) {
        throw Faults.notHttp(route, e);
      } finally {
        if (progress == Progress.FAILED) {
          giveUp();
        }
      }
    }

    private void sendRequest(ClassicHttpRequest head) throws IOException, HttpException {
      codec.setSocketTimeout(Timeout.of(options.readTimeout()));
      codec.sendRequestHeader(head);
      byte @Nullable [] small = request.bodyUpTo(config.bufferedBodyBytesMax()).orElse(null);
      if (small == null) {
        codec.flush();
        pump = BodyPump.start(request.request().body(), line, head);
        return;
      }
      if (small.length > 0) {
        head.setEntity(new OutgoingBody(out -> out.write(small)));
        codec.sendRequestEntity(head);
      }
      codec.flush();
    }

    private Response receive(ClassicHttpRequest head) throws IOException, HttpException {
      ClassicHttpResponse response = receiveHead();
      try {
        if (response.getCode() == SWITCHING) {
          return upgraded(response);
        }
        Headers headers = HeaderRules.ofResponse(response);
        KeepAlive keepAlive = keepAlive(head, response);
        if (!mayHaveBody(response.getCode())) {
          end(keepAlive);
          return Response.of(response.getCode(), headers, Body.empty());
        }
        codec.receiveResponseEntity(response);
        return Response.of(response.getCode(), headers, body(response.getEntity(), keepAlive));
      } catch (MessageConstraintException e) {
        throw Faults.notHttp(route, e);
      } catch (IOException e) {
        throw told(route, e, options);
      }
    }

    /// From now on the line is not ours.
    private Response upgraded(ClassicHttpResponse response) throws IOException, HttpException {
      HeaderRules.checkUpgraded(response, Objects.requireNonNull(request.webSocketKey()));
      Headers headers = HeaderRules.ofResponse(response);
      codec.receiveResponseEntity(response);
      codec.setSocketTimeout(Timeout.DISABLED);
      SocketEnd end = SocketLine.toServer(line, response.getEntity().getContent());
      return Response.webSocket(new PairedSocket(end)).withHeaders(headers);
    }

    private ClassicHttpResponse receiveHead() throws IOException, HttpException {
      for (int i = 0; i < INTERIM_MAX; i++) {
        ClassicHttpResponse response = receiveAnyHead();
        int status = response.getCode();
        boolean upgraded = status == SWITCHING && request.webSocketKey() != null;
        if (upgraded || (status >= 200 && status <= 599)) {
          return response;
        }
        if (status == SWITCHING || status > 599) {
          throw new ProtocolException("status " + status);
        }
      }
      throw new ProtocolException("more than %d interim answers".formatted(INTERIM_MAX));
    }

    /// Silence counts only while nothing goes out: a long upload is not cut.
    private ClassicHttpResponse receiveAnyHead() throws IOException, HttpException {
      BodyPump sending = pump;
      if (sending == null) {
        return codec.receiveResponseHeader();
      }
      while (true) {
        long sentBefore = sending.sentBytes();
        try {
          return codec.receiveResponseHeader();
        } catch (SocketTimeoutException e) {
          if (sending.sentBytes() == sentBefore) {
            throw e;
          }
        } catch (IOException e) {
          IOException sourceFault = sending.sourceFault();
          if (sourceFault != null) {
            throw Faults.requestBroken(sourceFault);
          }
          throw e;
        }
      }
    }

    private boolean mayHaveBody(int status) {
      return !request.isHead() && status != 204 && status != 304;
    }

    private KeepAlive keepAlive(ClassicHttpRequest head, ClassicHttpResponse response) {
      boolean keep =
          DefaultConnectionReuseStrategy.INSTANCE.keepAlive(
              head, response, HttpCoreContext.create());
      return keep ? KeepAlive.YES : KeepAlive.NO;
    }

    private Body body(HttpEntity entity, KeepAlive keepAlive) throws IOException {
      long length = entity.getContentLength();
      InputStream in = entity.getContent();
      if (length >= 0 && length <= config.bufferedBodyBytesMax()) {
        byte[] bytes = in.readNBytes((int) length);
        // One read past the last byte tells the codec, and us, that the body is complete.
        if (bytes.length < length || in.read() >= 0) {
          throw new IOException(
              "expected a body of %d bytes, found %d".formatted(length, bytes.length));
        }
        end(keepAlive);
        return Body.of(bytes);
      }
      ResponseStream stream =
          new ResponseStream(
              in, e -> Faults.bodyBroken(route, e), () -> end(keepAlive), this::giveUp);
      return length < 0 ? Body.of(stream) : Body.of(stream, length);
    }

    private void end(KeepAlive keepAlive) {
      BodyPump sending = pump;
      boolean sent = sending == null || sending.settle();
      if (sent && keepAlive == KeepAlive.YES) {
        line.release();
      } else {
        line.discard();
      }
    }

    private void giveUp() {
      line.discard();
      BodyPump sending = pump;
      if (sending != null) {
        sending.abandon();
      }
    }
  }

  private enum Progress {
    ANSWERED,
    FAILED
  }

  private enum KeepAlive {
    YES,
    NO
  }
}
