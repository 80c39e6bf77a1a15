package io.holdfast.testapp;

import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.RetryAlarm;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Writes down its alarms. What alarm() does is set per object, and survives its leaving memory.
public class Ringing extends DurableObject {
  /// One run of alarm().
  ///
  /// @param lateMillis against the scheduled time
  /// @param seen what alarm() inside was
  public record Ring(long lateMillis, int retryCount, long seen, String name, boolean alone) {}

  private static final Map<String, List<Ring>> RINGS = new ConcurrentHashMap<>();
  private static final Map<String, String> DOES = new ConcurrentHashMap<>();
  private static final Map<String, Integer> CONSTRUCTED = new ConcurrentHashMap<>();
  private static final Map<String, AtomicInteger> RUNNING = new ConcurrentHashMap<>();

  private final String nameAtStart;

  public Ringing(ObjectContext ctx, Env env) {
    super(ctx, env);
    nameAtStart = ctx.name().orElse("");
    CONSTRUCTED.merge(key(), 1, Integer::sum);
  }

  private String key() {
    return ctx.id().hex();
  }

  /// Sets the alarm and what alarm() does.
  public void ringIn(long millis, String does) {
    DOES.put(key(), does);
    ctx.storage().setAlarm(Instant.now().plusMillis(millis));
  }

  public void ringAt(long epochMillis) {
    ctx.storage().setAlarm(Instant.ofEpochMilli(epochMillis));
  }

  public void cancel() {
    ctx.storage().deleteAlarm();
  }

  /// When the alarm is due, 0 if there is none.
  public long due() {
    return ctx.storage().alarm().map(Instant::toEpochMilli).orElse(0L);
  }

  public int constructed() {
    return CONSTRUCTED.get(key());
  }

  public List<Ring> rings() {
    return RINGS.getOrDefault(key(), List.of());
  }

  /// Of all objects of this class together.
  public int ringsOf(String prefix) {
    return RINGS.values().stream()
        .flatMap(List::stream)
        .mapToInt(ring -> ring.name().startsWith(prefix) ? 1 : 0)
        .sum();
  }

  /// By how many milliseconds the latest of them was late.
  public long latest(String prefix) {
    return RINGS.values().stream()
        .flatMap(List::stream)
        .filter(ring -> ring.name().startsWith(prefix))
        .mapToLong(Ring::lateMillis)
        .max()
        .orElse(-1);
  }

  /// How late they were, in milliseconds, in ascending order.
  public List<Long> latenesses(String prefix) {
    return RINGS.values().stream()
        .flatMap(List::stream)
        .filter(ring -> ring.name().startsWith(prefix))
        .map(Ring::lateMillis)
        .sorted()
        .toList();
  }

  public List<String> names() {
    return List.of(nameAtStart, ctx.name().orElse(""));
  }

  public int committed() {
    return ctx.storage().get("rung", Integer.class).orElse(0);
  }

  @Override
  public void alarm(AlarmInfo info) throws Exception {
    long late = System.currentTimeMillis() - info.scheduledTime().toEpochMilli();
    AtomicInteger running = RUNNING.computeIfAbsent(key(), _ -> new AtomicInteger());
    boolean alone = running.incrementAndGet() == 1;
    try {
      // The name as it was for the constructor of this instance.
      Ring ring = new Ring(late, info.retryCount(), due(), nameAtStart, alone);
      RINGS.merge(
          key(),
          List.of(ring),
          (before, one) -> {
            List<Ring> both = new ArrayList<>(before);
            both.addAll(one);
            return List.copyOf(both);
          });
      ctx.storage().put("rung", committed() + 1);
      act(DOES.getOrDefault(key(), ""), info);
    } finally {
      running.decrementAndGet();
    }
  }

  private void act(String does, AlarmInfo info) {
    boolean first = rings().size() == 1;
    switch (does) {
      case "fails" -> throw new IllegalStateException("as it was told");
      case "fails once" -> failIf(first);
      case "fails twice" -> failIf(rings().size() <= 2);
      case "sets anew" -> setIf(first, 100);
      case "sets the same" -> {
        if (first) {
          ctx.storage().setAlarm(info.scheduledTime());
        }
      }
      case "sets anew and fails once" -> {
        setIf(first, 50);
        failIf(first);
      }
      case "sets far and fails once" -> {
        setIf(first, 3_600_000);
        failIf(first);
      }
      case "deletes" -> ctx.storage().deleteAlarm();
      case "deletes and fails once" -> {
        ctx.storage().deleteAlarm();
        failIf(first);
      }
      case "sets and deletes" -> {
        ctx.storage().setAlarm(Instant.now().plusSeconds(3_600));
        ctx.storage().deleteAlarm();
      }
      case "sleeps" -> ctx.sleep(Duration.ofMillis(400));
      case "hangs once" -> {
        if (first) {
          ctx.sleep(Duration.ofMinutes(10));
        }
      }
      case "aborts" -> throw ctx.abort("in the alarm");
      case "aborts for good" -> throw ctx.abort("in the alarm", RetryAlarm.NO);
      case "sets anew and aborts for good once" -> {
        if (first) {
          setIf(true, 300);
          ctx.storage().sync();
          throw ctx.abort("in the alarm", RetryAlarm.NO);
        }
      }
      case "aborts once" -> {
        if (first) {
          throw ctx.abort("in the alarm");
        }
      }
      default -> {}
    }
  }

  private static void failIf(boolean yes) {
    if (yes) {
      throw new IllegalStateException("as it was told");
    }
  }

  private void setIf(boolean yes, long millis) {
    if (yes) {
      ctx.storage().setAlarm(Instant.now().plusMillis(millis));
    }
  }
}
