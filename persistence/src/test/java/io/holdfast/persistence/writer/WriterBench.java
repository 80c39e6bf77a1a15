package io.holdfast.persistence.writer;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.protocol.ByJurisdiction;
import io.holdfast.protocol.ObjectAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;

/// What one persist costs through the writer on Pekko's in-memory journal, beside an
/// `EventSourcedBehavior` that does nothing else. Run `main`: objects, persists per object.
public final class WriterBench {
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.persistence.journal.plugin = "pekko.persistence.journal.inmem"
              pekko.persistence.snapshot-store.plugin = "pekko.persistence.no-snapshot-store"
              pekko.loglevel = WARNING
              """)
          .withFallback(ConfigFactory.load());
  private static final SnapshotPolicy NEVER = new SnapshotPolicy(1 << 30, 1_000_000, 1_000_000, 0);

  private WriterBench() {}

  public static void main(String[] args) throws InterruptedException {
    int objects = args.length > 0 ? Integer.parseInt(args[0]) : 1;
    int persists = args.length > 1 ? Integer.parseInt(args[1]) : 50_000;
    for (int run = 0; run < 3; run++) {
      report("bare EventSourcedBehavior", objects, persists, WriterBench::bare);
      report("ObjectWriter", objects, persists, WriterBench::writer);
    }
  }

  private interface Client {
    Behavior<?> start(int object, int persists, CountDownLatch done);
  }

  private static void report(String name, int objects, int persists, Client client)
      throws InterruptedException {
    CountDownLatch done = new CountDownLatch(objects);
    long start = System.nanoTime();
    ActorSystem<Void> system =
        ActorSystem.create(
            Behaviors.setup(context -> {
              for (int object = 0; object < objects; object++) {
                context.spawnAnonymous(client.start(object, persists, done));
              }
              return Behaviors.empty();
            }),
            "bench",
            CONFIG);
    done.await();
    double micros = (System.nanoTime() - start) / 1000.0;
    long total = (long) objects * persists;
    System.out.printf(
        "%-28s %d objects: %.2f us per persist, %.0f per second%n",
        name, objects, micros / total, total * 1e6 / micros);
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
  }

  private static Behavior<ObjectWriter.Event> writer(
      int object, int persists, CountDownLatch done) {
    List<DatabaseImage> images = images();
    ObjectAddress address = ObjectAddress.parse("app.bench/%064x".formatted(object));
    return Behaviors.setup(context -> {
      WriterConfig config =
          new WriterConfig(ByJurisdiction.together(""), "", ClaimPolicy.ON_FIRST_WRITE, NEVER);
      ActorRef<ObjectWriter.Command> writer =
          context.spawnAnonymous(
              ObjectWriter.create(
                  address, context.getSelf()::tell, config, InstantSource.system()));
      return Behaviors.receiveMessage(event -> {
        long next = event instanceof ObjectWriter.Persisted persisted ? persisted.through() + 1 : 1;
        if (next > persists) {
          done.countDown();
        } else {
          writer.tell(new ObjectWriter.Persist(commit(images, (int) next), next));
        }
        return Behaviors.same();
      });
    });
  }

  /// The first starts from nothing; then round in a ring.
  private static Commit commit(List<DatabaseImage> images, int number) {
    DatabaseImage before =
        number == 1 ? DatabaseImage.EMPTY : images.get((number - 1) % images.size());
    return new Commit(before, images.get(number % images.size()), 1, OptionalLong.empty());
  }

  private static List<DatabaseImage> images() {
    byte[] bytes = new byte[12_288];
    new Random(1).nextBytes(bytes);
    List<DatabaseImage> images = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      bytes[27]++;
      bytes[95]++;
      bytes[8000]++;
      images.add(new DatabaseImage(bytes.clone(), 4096));
    }
    return images;
  }

  private record Write(ActorRef<Long> replyTo, byte[] event) {}

  private static Behavior<Long> bare(int object, int persists, CountDownLatch done) {
    return Behaviors.setup(context -> {
      ActorRef<Write> writer = context.spawnAnonymous(new Bare("bare|" + object));
      writer.tell(new Write(context.getSelf(), new byte[50]));
      return Behaviors.receiveMessage(count -> {
        if (count == persists) {
          done.countDown();
        } else {
          writer.tell(new Write(context.getSelf(), new byte[50]));
        }
        return Behaviors.same();
      });
    });
  }

  private static final class Bare extends EventSourcedBehavior<Write, byte[], Long> {
    Bare(String id) {
      super(PersistenceId.ofUniqueId(id));
    }

    @Override
    public Long emptyState() {
      return 0L;
    }

    @Override
    public CommandHandler<Write, byte[], Long> commandHandler() {
      return (_, write) ->
          Effect().persist(write.event()).thenRun(count -> write.replyTo().tell(count));
    }

    @Override
    public EventHandler<Long, byte[]> eventHandler() {
      return (count, _) -> count + 1;
    }
  }
}
