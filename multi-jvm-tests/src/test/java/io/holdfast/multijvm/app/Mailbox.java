package io.holdfast.multijvm.app;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import java.util.ArrayList;
import java.util.List;

/// Sends numbered messages to others and writes down those it gets.
///
/// Nothing here removes duplicates: a message that took effect twice shows as two rows.
public final class Mailbox extends DurableObject implements MailboxApi, MailboxApi.Receiver {
  public Mailbox(ObjectContext ctx, Env env) {
    super(ctx, env);
    ctx.storage().sql().exec("CREATE TABLE IF NOT EXISTS taken (sender TEXT, number INTEGER)");
  }

  @Override
  public long send(String receiver, int count, int padding) {
    String counter = "sent:" + receiver;
    long sent = ctx.storage().get(counter, Long.class).orElse(0L);
    MailboxApi.Receiver mail =
        env.objects("mailboxes").getByName(receiver).sender(MailboxApi.Receiver.class);
    for (int i = 0; i < count; i++) {
      mail.take(ctx.name().orElseThrow(), sent + i, "x".repeat(padding));
    }
    ctx.storage().put(counter, sent + count);
    return sent + count;
  }

  @Override
  public void take(String sender, long number, String padding) {
    ctx.storage().sql().exec("INSERT INTO taken VALUES (?, ?)", sender, number);
  }

  @Override
  public List<String> taken() {
    List<String> lines = new ArrayList<>();
    ctx.storage()
        .sql()
        .exec("SELECT sender, number FROM taken ORDER BY rowid")
        .forEachRemaining(row -> lines.add(row.string("sender") + " " + row.integer("number")));
    return lines;
  }

  @Override
  public int deadLetters() {
    return ctx.deadLetters().count();
  }
}
