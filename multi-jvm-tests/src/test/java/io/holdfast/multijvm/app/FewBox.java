package io.holdfast.multijvm.app;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;

/// A [Box] of a namespace of which only a few may run.
public final class FewBox extends Box {
  public FewBox(ObjectContext ctx, Env env) {
    super(ctx, env);
  }
}
