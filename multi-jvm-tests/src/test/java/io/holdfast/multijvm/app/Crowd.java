package io.holdfast.multijvm.app;

import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import java.time.Instant;

/// One of very many objects: a number, and an alarm.
public final class Crowd extends DurableObject implements CrowdApi {
  public Crowd(ObjectContext ctx, Env env) {
    super(ctx, env);
  }

  @Override
  public long add() {
    long next = ctx.storage().get("n", Long.class).orElse(0L) + 1;
    ctx.storage().put("n", next);
    return next;
  }

  @Override
  public boolean wakeAt(long atMillis) {
    ctx.storage().setAlarm(Instant.ofEpochMilli(atMillis));
    return true;
  }

  @Override
  public boolean woken() {
    return ctx.storage().get("woken", Boolean.class).orElse(false);
  }

  @Override
  public void alarm(AlarmInfo info) {
    ctx.storage().put("woken", true);
  }
}
