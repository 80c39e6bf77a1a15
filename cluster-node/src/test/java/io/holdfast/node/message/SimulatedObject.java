package io.holdfast.node.message;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.DatabaseLimits;
import io.holdfast.persistence.database.EngineChoice;
import io.holdfast.persistence.database.KeyRange;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ListOptions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/// An object of [MessageSimulation]: a real database, outbox and inbox; commits become durable when
/// the world says so, and a crash keeps a part of those that were not confirmed.
final class SimulatedObject {
  private static final ObjectDatabases DATABASES =
      new ObjectDatabases(EngineChoice.AUTO, DatabaseLimits.DEFAULT, 1_000);

  static final NamespaceId NAMESPACE = new NamespaceId("sim", "objects");
  private static final ObjectIds IDS = new ObjectIds(NAMESPACE);

  /** A commit that the journal has not confirmed. */
  private record Pending(DatabaseImage image, OptionalLong due, List<Runnable> effects) {}

  private final MessageSimulation world;
  final String name;
  final ObjectAddress address;
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private DatabaseImage durable = DatabaseImage.EMPTY;
  private OptionalLong durableDue = OptionalLong.empty();
  private ObjectDatabase database;
  private Outbox outbox;
  private Inbox inbox;
  int life;

  SimulatedObject(MessageSimulation world, String name) {
    this.world = world;
    this.name = name;
    this.address = new ObjectAddress(NAMESPACE, IDS.named(name));
    this.database = open();
    this.outbox = newOutbox();
    this.inbox = new Inbox(Settings.QUICK, world.clock());
  }

  private ObjectDatabase open() {
    return DATABASES.open(durable);
  }

  private Outbox newOutbox() {
    return new Outbox(address, Settings.QUICK, world.clock(), world.random());
  }

  // ---- events

  /// Sends a numbered message to another; the number is counted in the same transaction.
  void send(SimulatedObject receiver, int count, boolean rolledBack) {
    event(effects -> {
      ObjectDatabase.Savepoint savepoint = database.savepoint();
      for (int i = 0; i < count; i++) {
        int next = sentTo(receiver);
        count("sent:" + receiver.name, next + 1);
        outbox.send(database, receiver.address, message(name, next));
      }
      if (rolledBack) {
        database.rollbackTo(savepoint);
      }
      database.release(savepoint);
      world.soon(() -> look(life));
    });
  }

  static RpcCall message(String from, int number) {
    byte[] arguments = (from + " " + number).getBytes(StandardCharsets.UTF_8);
    return new RpcCall("take", RpcCall.Encoding.CBOR, arguments);
  }

  /// The index of alarms wakes it.
  void wakeIfDue() {
    if (durableDue.isPresent() && durableDue.getAsLong() <= world.clock().millis()) {
      event(effects -> {
        if (outbox.woken(database)) {
          world.soon(() -> look(life));
        }
      });
    }
  }

  private void look(int ofLife) {
    if (ofLife == life) {
      event(effects -> {
        Outbox.Round round = outbox.work(database);
        if (!round.givenUp().isEmpty()) {
          throw new AssertionError("given up: " + round.givenUp());
        }
        int now = life;
        round.parcels().forEach(parcel -> effects.add(() -> world.carry(this, now, parcel)));
      });
    }
  }

  void answered(int ofLife, Outbox.Parcel parcel, Optional<Receipt> receipt) {
    if (ofLife == life) {
      receipt.ifPresentOrElse(
          found -> outbox.arrived(parcel, found),
          () ->
              outbox.lost(
                  parcel,
                  new io.holdfast.sdk.HoldfastException(
                      ErrorCode.OBJECT_UNAVAILABLE, "lost on the way")));
      look(life);
    }
  }

  /// A batch arrives; the receipt leaves when it may.
  void deliver(Batch batch, Consumer<Receipt> reply) {
    event(effects -> {
      Batch taken = world.withoutDeduplication() ? renumbered(batch) : batch;
      Receipt receipt = inbox.carryOut(database, taken, (letter, _) -> take(letter));
      Receipt told =
          world.withoutDeduplication()
              ? new Receipt(
                  receipt.refusal().isPresent() ? 0 : batch.lastNumber(), receipt.refusal())
              : receipt;
      effects.add(() -> reply.accept(told));
    });
  }

  /// What an inbox that forgets makes of it: every message is a new one.
  private Batch renumbered(Batch batch) {
    long base = inbox.through(database, batch.sender());
    List<Letter> letters = new ArrayList<>();
    for (Letter letter : batch.letters()) {
      base++;
      letters.add(new Letter(base, letter.method(), letter.arguments(), letter.receiverName()));
    }
    return new Batch(batch.sender(), letters);
  }

  private Receipt.Refusal take(Letter letter) {
    String[] parts = new String(letter.arguments(), StandardCharsets.UTF_8).split(" ");
    int taken = taken(parts[0]).size();
    database.put("taken:" + parts[0] + ":%06d".formatted(taken), letter.arguments());
    return world.random().nextInt(6) == 0
        ? new Receipt.Refusal(ErrorCode.OBJECT_FAILED, "not now", false)
        : null;
  }

  private void event(Consumer<List<Runnable>> body) {
    List<Runnable> effects = new ArrayList<>();
    body.accept(effects);
    Optional<Commit> commit = database.commit();
    if (commit.isPresent()) {
      pending.add(new Pending(commit.get().after(), commit.get().alarm(), effects));
      world.later(this::confirm);
      if (world.withoutGate()) {
        effects.forEach(Runnable::run);
        effects.clear();
      }
    } else if (pending.isEmpty()) {
      effects.forEach(Runnable::run);
    } else {
      pending.getLast().effects().addAll(effects);
    }
  }

  /** The oldest commit is durable. */
  private void confirm() {
    Pending first = pending.poll();
    if (first != null) {
      persist(first);
      first.effects().forEach(Runnable::run);
    }
  }

  private void persist(Pending one) {
    durable = one.image();
    durableDue = one.due();
  }

  /// Memory is gone, and of what was not confirmed the end.
  void crash() {
    life++;
    int kept = world.random().nextInt(pending.size() + 1);
    for (int i = 0; i < kept; i++) {
      persist(pending.remove());
    }
    pending.clear();
    database.close();
    database = open();
    outbox = newOutbox();
    inbox = new Inbox(Settings.QUICK, world.clock());
    if (Outbox.isWaiting(database) && world.random().nextBoolean()) {
      world.soon(() -> look(life));
    }
  }

  // ---- what is there

  boolean isIdle() {
    return pending.isEmpty() && durableDue.isEmpty() && !outbox.isDelivering();
  }

  int sentTo(SimulatedObject receiver) {
    return database
        .get("sent:" + receiver.name)
        .map(row -> ByteBuffer.wrap(row).getInt())
        .orElse(0);
  }

  /// As the last confirmed commit has it, read back from its image.
  int durablySentTo(SimulatedObject receiver) {
    try (ObjectDatabase copy = DATABASES.open(durable)) {
      return copy.get("sent:" + receiver.name).map(row -> ByteBuffer.wrap(row).getInt()).orElse(0);
    }
  }

  private void count(String key, int value) {
    database.put(key, ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
  }

  /// The numbers that were taken from a sender, in their order.
  List<Integer> taken(String sender) {
    return database
        .list(KeyRange.of(ListOptions.ALL.prefix("taken:" + sender + ":")))
        .values()
        .stream()
        .map(row -> Integer.valueOf(new String(row, StandardCharsets.UTF_8).split(" ")[1]))
        .toList();
  }

  void close() {
    database.close();
  }
}
