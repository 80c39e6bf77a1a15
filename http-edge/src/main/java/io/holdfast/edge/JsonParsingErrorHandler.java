package io.holdfast.edge;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Response;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;
import org.jspecify.annotations.Nullable;

/// Answers requests that Pekko cannot read: with Pekko's status and JSON of the usual form.
///
/// Pekko makes it by its class name, as set in [PekkoSettings].
public final class JsonParsingErrorHandler extends ParsingErrorHandler {
  private static final ResponseBodySource.Listener NO_BODY =
      new ResponseBodySource.Listener() {
        @Override
        public void sent(int bytes) {}

        @Override
        public void bodyOver(@Nullable Throwable failure) {}
      };

  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
    EdgeLog.LOG.debug("unreadable request: {} {}", status.intValue(), error.summary());
    ErrorCode code = code(status.intValue(), error.summary());
    String id = RequestIds.next();
    RequestHead head = RequestHead.unreadable(id, "GET");
    Response answer = ErrorReply.of(code, error.summary(), id);
    if (code != ErrorCode.HEADERS_TOO_LARGE) {
      answer = answer.withStatus(status.intValue());
    }
    return new ResponseWriter().write(answer, head, NO_BODY, true).response();
  }

  private static ErrorCode code(int status, String summary) {
    boolean tooManyHeaders =
        status == 400 && summary.contains("limit of") && summary.endsWith("headers");
    if (tooManyHeaders) {
      return ErrorCode.HEADERS_TOO_LARGE;
    }
    return switch (status) {
      case 413 -> ErrorCode.BODY_TOO_LARGE;
      case 414 -> ErrorCode.URI_TOO_LONG;
      case 431 -> ErrorCode.HEADERS_TOO_LARGE;
      case 501 -> ErrorCode.METHOD_NOT_ALLOWED;
      default -> ErrorCode.INVALID_REQUEST;
    };
  }
}
