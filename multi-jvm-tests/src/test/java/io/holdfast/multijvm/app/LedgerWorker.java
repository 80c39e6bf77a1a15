package io.holdfast.multijvm.app;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectStub;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;

/// `POST /ledger/{name}?token=t` adds, once for an `Idempotency-Key`; `GET /ledger/{name}` lists,
/// with `?last` the last entry only.
public final class LedgerWorker implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    ObjectStub stub =
        env.objects("ledgers").getByName(request.path().substring("/ledger/".length()));
    LedgerApi ledger =
        request
            .header("Idempotency-Key")
            .map(stub::withIdempotencyKey)
            .orElse(stub)
            .as(LedgerApi.class);
    try {
      if (request.method().equals("POST")) {
        return Response.text(Long.toString(ledger.add(request.query("token").orElseThrow())));
      }
      return Response.text(
          request.query("last").isPresent() ? ledger.last() : String.join("\n", ledger.entries()));
    } catch (HoldfastException e) {
      return Response.text(e.code().httpStatus(), e.code().code() + ": " + e.getMessage());
    }
  }
}
