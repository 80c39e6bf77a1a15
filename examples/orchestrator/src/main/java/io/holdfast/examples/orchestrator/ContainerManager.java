package io.holdfast.examples.orchestrator;

import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/// Decides which containers run, and remembers which of them are fit to serve.
///
/// While it waits for instances to start, other calls enter: what it stores after a wait is checked
/// against what is wanted by then.
public final class ContainerManager extends DurableObject implements ManagerApi {
  private static final String STARTED = "";

  private final FleetStore store;
  private final Duration tryAgain;

  public ContainerManager(ObjectContext ctx, Env env) {
    super(ctx, env);
    store = new FleetStore(ctx.storage().sql());
    tryAgain = Duration.ofSeconds(Long.parseLong(env.var("TRY_AGAIN_SECONDS")));
  }

  @Override
  public Fleet scale(String region, int instanceCount) {
    if (instanceCount < 0 || instanceCount > INSTANCES_MAX) {
      throw refused(
          "an instance count from 0 to " + INSTANCES_MAX, Integer.toString(instanceCount));
    }
    store.want(region, instanceCount);
    ScalePlan plan = ScalePlan.of(store.fleet(region));
    plan.stop().forEach(store::remove);
    Map<String, CompletableFuture<Void>> stops = call(plan.stop(), Instance.Calls::stop);
    start(plan.start());
    outcomes(stops);
    return store.fleet(region);
  }

  @Override
  public void setHealthy(String id, boolean healthy) {
    if (!store.contains(id)) {
      throw refused("the id of an instance of this fleet", "'" + id + "'");
    }
    store.put(id, healthy, healthy ? "" : "reported as unhealthy");
    tryUnhealthyLater();
  }

  @Override
  public List<String> healthy(String region) {
    return store.fleet(region).instances().stream()
        .filter(Member::healthy)
        .map(Member::id)
        .toList();
  }

  @Override
  public Fleet fleet(String region) {
    return store.fleet(region);
  }

  /// Gives the unhealthy ones another try.
  @Override
  public void alarm(AlarmInfo info) {
    start(store.unhealthy().stream().map(Member::id).toList());
  }

  private void start(List<String> ids) {
    Map<String, String> outcomes = outcomes(call(ids, Instance.Calls::startAndWaitForPorts));
    outcomes.forEach((id, problem) -> {
      if (ScalePlan.isWanted(id, store.fleet(ScalePlan.region(id)))) {
        store.put(id, problem.equals(STARTED), problem);
      } else {
        // Scaled down while it started.
        store.remove(id);
        outcomes(call(List.of(id), Instance.Calls::stop));
      }
    });
    tryUnhealthyLater();
  }

  private void tryUnhealthyLater() {
    if (!store.unhealthy().isEmpty() && ctx.storage().alarm().isEmpty()) {
      ctx.storage().setAlarm(Instant.now().plus(tryAgain));
    }
  }

  /// Calls all of them at once.
  private Map<String, CompletableFuture<Void>> call(
      List<String> ids, Function<Instance.Calls, CompletableFuture<Void>> method) {
    Map<String, CompletableFuture<Void>> calls = new LinkedHashMap<>();
    for (String id : ids) {
      GetOptions near = GetOptions.locationHint(ScalePlan.region(id));
      calls.put(
          id, method.apply(env.objects("instances").getByName(id, near).as(Instance.Calls.class)));
    }
    return calls;
  }

  /// Waits for all of them, and lets other events enter meanwhile.
  ///
  /// @return by id, the message of what went wrong, or `STARTED`
  private Map<String, String> outcomes(Map<String, CompletableFuture<Void>> calls) {
    try {
      return ctx.blocking(() -> {
        Map<String, String> outcomes = new LinkedHashMap<>();
        calls.forEach((id, call) -> outcomes.put(id, outcome(call)));
        return outcomes;
      });
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String outcome(CompletableFuture<Void> call) {
    try {
      call.join();
      return STARTED;
    } catch (CompletionException e) {
      return String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
    }
  }

  private static HoldfastException refused(String expected, String found) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT, "expected " + expected + ", found " + found);
  }
}
