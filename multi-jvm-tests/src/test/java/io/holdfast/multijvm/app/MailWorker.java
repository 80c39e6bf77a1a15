package io.holdfast.multijvm.app;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectStub;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;

/// `POST /mail/{name}?to=r&count=n&padding=bytes` with an `Idempotency-Key` sends, `GET
/// /mail/{name}` lists, `GET /mail/{name}?dead` counts what was given up.
public final class MailWorker implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    ObjectStub stub = env.objects("mailboxes").getByName(request.path().substring(6));
    try {
      return request.method().equals("POST") ? send(request, stub) : read(request, stub);
    } catch (HoldfastException e) {
      return Response.text(e.code().httpStatus(), e.code().code() + ": " + e.getMessage());
    }
  }

  private static Response send(Request request, ObjectStub stub) {
    String key =
        request
            .header("Idempotency-Key")
            .orElseThrow(() -> new HoldfastException(ErrorCode.INVALID_ARGUMENT, "no key"));
    long sent =
        stub.withIdempotencyKey(key)
            .as(MailboxApi.class)
            .send(
                request.query("to").orElseThrow(),
                Integer.parseInt(request.query("count").orElseThrow()),
                Integer.parseInt(request.query("padding").orElse("0")));
    return Response.text(Long.toString(sent));
  }

  private static Response read(Request request, ObjectStub stub) {
    MailboxApi mailbox = stub.as(MailboxApi.class);
    return Response.text(
        request.query("dead").isPresent()
            ? Integer.toString(mailbox.deadLetters())
            : String.join("\n", mailbox.taken()));
  }
}
