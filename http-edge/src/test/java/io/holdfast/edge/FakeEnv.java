package io.holdfast.edge;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectNamespace;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;

/// An app without bindings.
final class FakeEnv implements Env {
  @Override
  public ObjectNamespace objects(String name) {
    throw new HoldfastException(ErrorCode.NAMESPACE_NOT_FOUND, "no binding '" + name + "'");
  }

  @Override
  public String var(String name) {
    throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "no variable '" + name + "'");
  }

  @Override
  public String secret(String name) {
    throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "no secret '" + name + "'");
  }

  @Override
  public Response fetch(Request request) {
    throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "no way out");
  }
}
