package io.holdfast.multijvm.app;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/// `POST /crowd/one/NAME` adds one. `POST /crowd/add?from=&to=&lanes=` adds one to each of `oFROM`
/// to `oTO`, so many at one time; `wake?…&at=MILLIS` has them wake; both say how many have
/// answered, `woken?…` how many have woken.
public final class CrowdWorker implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) throws Exception {
    String path = request.path().substring("/crowd/".length());
    if (path.startsWith("one/")) {
      return Response.text(Long.toString(crowd(env, path.substring("one/".length())).add()));
    }
    return Response.text(
        Long.toString(
            switch (path) {
              case "add" -> count(request, env, one -> one.add() > 0);
              case "wake" -> {
                long at = number(request, "at");
                yield count(request, env, one -> one.wakeAt(at));
              }
              case "woken" -> count(request, env, CrowdApi::woken);
              default -> throw new IllegalArgumentException("there is no " + path);
            }));
  }

  /** For how many of them that holds. */
  private static long count(Request request, Env env, Predicate<CrowdApi> step)
      throws InterruptedException {
    AtomicLong count = new AtomicLong();
    AtomicLong next = new AtomicLong(number(request, "from"));
    long to = number(request, "to");
    List<Thread> lanes = new ArrayList<>();
    for (int lane = 0; lane < number(request, "lanes"); lane++) {
      lanes.add(
          Thread.ofVirtual()
              .start(() -> {
                for (long i = next.getAndIncrement(); i < to; i = next.getAndIncrement()) {
                  try {
                    count.addAndGet(step.test(crowd(env, "o" + i)) ? 1 : 0);
                  } catch (HoldfastException _) {
                    // Not counted.
                  }
                }
              }));
    }
    for (Thread lane : lanes) {
      lane.join();
    }
    return count.get();
  }

  private static long number(Request request, String name) {
    return Long.parseLong(request.query(name).orElseThrow());
  }

  private static CrowdApi crowd(Env env, String name) {
    return env.objects("crowd").getByName(name).as(CrowdApi.class);
  }
}
