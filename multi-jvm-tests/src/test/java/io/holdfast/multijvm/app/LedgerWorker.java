package io.holdfast.multijvm.app;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;

/// `POST /ledger/{name}?token=t` adds, `GET /ledger/{name}` lists.
public final class LedgerWorker implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    LedgerApi ledger =
        env.objects("ledgers")
            .getByName(request.path().substring("/ledger/".length()))
            .as(LedgerApi.class);
    try {
      return request.method().equals("POST")
          ? Response.text(Long.toString(ledger.add(request.query("token").orElseThrow())))
          : Response.text(String.join("\n", ledger.entries()));
    } catch (HoldfastException e) {
      return Response.text(e.code().httpStatus(), e.code().code() + ": " + e.getMessage());
    }
  }
}
