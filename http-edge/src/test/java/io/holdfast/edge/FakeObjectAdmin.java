package io.holdfast.edge;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.admin.Forked;
import io.holdfast.protocol.admin.ForkedAlarm;
import io.holdfast.protocol.admin.HistoryPage;
import io.holdfast.protocol.admin.MovedObject;
import io.holdfast.protocol.admin.ObjectAdmin;
import io.holdfast.protocol.admin.ObjectDiff;
import io.holdfast.protocol.admin.ObjectPage;
import io.holdfast.protocol.admin.Restored;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/// Writes down what it is asked, and answers something of the right kind.
final class FakeObjectAdmin implements ObjectAdmin {
  final Queue<String> calls = new ConcurrentLinkedQueue<>();
  volatile RuntimeException failure;
  volatile CountDownLatch block = new CountDownLatch(0);

  private void called(String what) {
    calls.add(what);
    try {
      block.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public ObjectPage list(NamespaceId namespace, Optional<String> after, int max) {
    called("list " + namespace + " after " + after.orElse("-") + " max " + max);
    return new ObjectPage(
        List.of(new ObjectPage.Entry("0a", Optional.of("n"), 1, 2, true, Optional.empty())),
        Optional.empty());
  }

  @Override
  public HistoryPage history(ObjectAddress object, Optional<String> before, int max) {
    called("history " + object + " before " + before.orElse("-") + " max " + max);
    return new HistoryPage(
        List.of(new HistoryPage.Entry("b", Instant.EPOCH, HistoryPage.Kind.COMMIT, 1, 2, 3)),
        Optional.of("b"));
  }

  @Override
  public ObjectDiff diff(ObjectAddress object, String from, String to, int rowsMax) {
    called("diff " + object + " " + from + " " + to + " rows " + rowsMax);
    return new ObjectDiff(
        from, to, Optional.empty(), Optional.empty(), List.of(), List.of(), false);
  }

  @Override
  public Forked fork(
      ObjectAddress source, Optional<String> at, ObjectAddress target, ForkedAlarm alarm) {
    called("fork " + source + " at " + at.orElse("-") + " to " + target + " alarm " + alarm);
    return new Forked("id", "s", "n");
  }

  @Override
  public Restored restore(ObjectAddress object, String at) {
    called("restore " + object + " at " + at);
    return new Restored(at, "undo", "now");
  }

  @Override
  public MovedObject move(ObjectAddress object, String region) {
    called("move " + object + " to " + region);
    return new MovedObject(region);
  }
}
