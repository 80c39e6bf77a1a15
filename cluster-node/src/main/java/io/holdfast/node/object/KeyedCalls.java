package io.holdfast.node.object;

import io.holdfast.node.idempotency.Fingerprint;
import io.holdfast.node.idempotency.IdempotencySettings;
import io.holdfast.node.idempotency.KeyBooks;
import io.holdfast.node.idempotency.KeyRecord;
import io.holdfast.node.idempotency.StoredAnswer;
import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/*
 * The idempotency keys of one incarnation: those that run, and through KeyBooks those that are stored.
 *
 * A call that never gives the turn away with something to lose commits once: what it wrote and its answer together. One that
 * commits in parts first stores its key as begun, with the first part. After a crash a key that is begun and runs nowhere
 * means that nobody can say how much of the call took place; it is not run a second time.
 *
 * Turn: all of it.
 */
final class KeyedCalls {
  /** The first call of a key, while it runs. */
  static final class Running {
    private final Fingerprint fingerprint;
    private final long beganMillis;
    private final CompletableFuture<StoredAnswer> answer = new CompletableFuture<>();
    private boolean begun;
    private int joined;

    private Running(Fingerprint fingerprint, long beganMillis) {
      this.fingerprint = fingerprint;
      this.beganMillis = beganMillis;
    }
  }

  private final Incarnation incarnation;
  private final IdempotencySettings settings;
  private final KeyBooks books;
  private final Map<IdempotencyKey, Running> running = new HashMap<>();

  KeyedCalls(Incarnation incarnation) {
    this.incarnation = incarnation;
    this.settings = incarnation.services().settings().idempotency();
    this.books = new KeyBooks(settings, incarnation.services().clock());
  }

  IdempotencySettings settings() {
    return settings;
  }

  /// The answer of an earlier call of the key; waits for it while that call runs.
  ///
  /// @throws HoldfastException `idempotency_mismatch`, `idempotency_in_progress`,
  ///   `idempotency_unknown`
  Optional<StoredAnswer> answer(IdempotencyKey key, Fingerprint fingerprint) throws Exception {
    Running first = running.get(key);
    if (first != null) {
      check(key, first.fingerprint, fingerprint);
      return Optional.of(join(key, first));
    }
    Optional<KeyRecord> stored = books.find(incarnation.books(), key);
    if (stored.isEmpty()) {
      return Optional.empty();
    }
    check(key, stored.get().fingerprint(), fingerprint);
    if (stored.get().answer().isEmpty()) {
      throw unknown(key);
    }
    return stored.get().answer();
  }

  private StoredAnswer join(IdempotencyKey key, Running first) throws Exception {
    if (first.joined >= settings.joinedMax()) {
      throw inProgress(key);
    }
    first.joined++;
    try {
      long millis = settings.joinTimeout().toMillis();
      return incarnation.yieldWhile(() -> first.answer.get(millis, TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      throw inProgress(key);
    } finally {
      first.joined--;
    }
  }

  /// From here to [#leave] the call is the first of its key.
  ///
  /// @throws HoldfastException `object_overloaded` when the object remembers too many
  Running enter(IdempotencyKey key, Fingerprint fingerprint) {
    books.makeRoom(incarnation.books());
    Running mine = new Running(fingerprint, incarnation.services().clock().millis());
    running.put(key, mine);
    incarnation.turn().beforePart = () -> begun(key, mine);
    return mine;
  }

  private void begun(IdempotencyKey key, Running mine) {
    if (!mine.begun) {
      put(key, mine, row(mine, Optional.empty()));
      mine.begun = true;
    }
  }

  /// The call has ended so: what it wrote, and this, are the next commit. Of an answer that is too
  /// large to be kept only that is stored; its size is that of its record.
  void ended(IdempotencyKey key, Running mine, StoredAnswer answer) {
    byte[] row = row(mine, Optional.of(answer));
    StoredAnswer kept = answer;
    if (row.length > settings.answerBytesMax() + KeyRecord.HEADER_BYTES && isLimited(answer)) {
      kept = new StoredAnswer.NotKept();
      row = row(mine, Optional.of(kept));
    }
    put(key, mine, row);
    mine.answer.complete(kept);
  }

  private static boolean isLimited(StoredAnswer answer) {
    return !(answer instanceof StoredAnswer.Failure);
  }

  void leave(IdempotencyKey key, Running mine) {
    running.remove(key);
    // Nobody waits for a call that was reset.
    mine.answer.completeExceptionally(inProgress(key));
  }

  private static byte[] row(Running mine, Optional<StoredAnswer> answer) {
    return new KeyRecord(mine.fingerprint, mine.beganMillis, answer).toBytes();
  }

  private void put(IdempotencyKey key, Running mine, byte[] row) {
    books.put(incarnation.books(), key, mine.beganMillis, row);
  }

  private static void check(IdempotencyKey key, Fingerprint first, Fingerprint now) {
    if (!first.matches(now)) {
      throw new HoldfastException(
          ErrorCode.IDEMPOTENCY_MISMATCH,
          "expected the same call as the first one with the idempotency key '"
              + key.value()
              + "', found another method, path, body or arguments");
    }
  }

  private HoldfastException inProgress(IdempotencyKey key) {
    return new HoldfastException(
        ErrorCode.IDEMPOTENCY_IN_PROGRESS,
        "the first call with the idempotency key '" + key.value() + "' has not ended yet");
  }

  private HoldfastException unknown(IdempotencyKey key) {
    return new HoldfastException(
        ErrorCode.IDEMPOTENCY_UNKNOWN,
        "the first call with the idempotency key '"
            + key.value()
            + "' was cut off by a crash or a reset of "
            + incarnation.address()
            + " after a part of it was durable; it is not run again, look at what it has done");
  }
}
