package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.persistence.CapabilityFlag;
import org.apache.pekko.persistence.japi.journal.JavaJournalSpec;
import org.apache.pekko.persistence.japi.snapshot.JavaSnapshotStoreSpec;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scalatest.Args;
import org.scalatest.Reporter;
import org.scalatest.Suite;
import org.scalatest.events.Event;
import org.scalatest.events.SuiteAborted;
import org.scalatest.events.TestCanceled;
import org.scalatest.events.TestFailed;
import org.scalatest.events.TestIgnored;
import org.scalatest.events.TestPending;
import org.scalatest.events.TestSucceeded;
import scala.Option;

/// Pekko's technology compatibility kit for journals and snapshot stores, each of its tests as one
/// of ours.
class EmbeddedTckTest {
  @TempDir Path directory;

  @TestFactory
  Stream<DynamicTest> journal() {
    return run(new Journal(config(directory.resolve("journal-tck"))), 17);
  }

  @TestFactory
  Stream<DynamicTest> snapshotStore() {
    return run(new Snapshots(config(directory.resolve("snapshot-tck"))), 13);
  }

  private static Config config(Path directory) {
    return ConfigFactory.parseString(
            """
            pekko.persistence.journal.plugin = "holdfast.persistence.embedded.journal"
            pekko.persistence.snapshot-store.plugin = "holdfast.persistence.embedded.snapshot-store"
            pekko.loglevel = WARNING
            holdfast.persistence.embedded.directory = "%s"
            """
                .formatted(directory))
        .withFallback(ConfigFactory.load());
  }

  /* Runs the whole suite at once, because it shares one actor system, and reports what each test said. */
  private static Stream<DynamicTest> run(Suite suite, int testsMin) {
    List<Event> events = new ArrayList<>();
    boolean succeeded = suite.run(Option.empty(), args(events::add)).succeeds();
    List<DynamicTest> tests =
        new ArrayList<>(events.stream().flatMap(EmbeddedTckTest::test).toList());
    tests.add(
        DynamicTest.dynamicTest(
            "the suite ran to its end",
            () -> {
              assertThat(succeeded).isTrue();
              assertThat(events.stream().filter(TestSucceeded.class::isInstance).count())
                  .as("tests of the kit that passed")
                  .isGreaterThanOrEqualTo(testsMin);
            }));
    return tests.stream();
  }

  private static Args args(Reporter reporter) {
    return Args.apply(
        reporter,
        Args.apply$default$2(),
        Args.apply$default$3(),
        Args.apply$default$4(),
        Args.apply$default$5(),
        Args.apply$default$6(),
        Args.apply$default$7(),
        Args.apply$default$8(),
        Args.apply$default$9(),
        Args.apply$default$10());
  }

  private static Stream<DynamicTest> test(Event event) {
    return switch (event) {
      case TestSucceeded test -> Stream.of(DynamicTest.dynamicTest(test.testName(), () -> {}));
      case TestFailed test -> Stream.of(failed(test.testName(), test.message(), test.throwable()));
      case TestCanceled test ->
          Stream.of(failed(test.testName(), test.message(), test.throwable()));
      case SuiteAborted suite ->
          Stream.of(failed(suite.suiteName(), suite.message(), suite.throwable()));
      case TestIgnored test -> Stream.of(failed(test.testName(), "ignored", Option.empty()));
      case TestPending test -> Stream.of(failed(test.testName(), "pending", Option.empty()));
      default -> Stream.empty();
    };
  }

  private static DynamicTest failed(String name, String message, Option<Throwable> cause) {
    return DynamicTest.dynamicTest(
        name,
        () -> {
          throw new AssertionError(message, cause.isEmpty() ? null : cause.get());
        });
  }

  /// Everything that the kit can ask for is switched on.
  private static final class Journal extends JavaJournalSpec {
    Journal(Config config) {
      super(config);
    }

    @Override
    public CapabilityFlag supportsRejectingNonSerializableObjects() {
      return CapabilityFlag.on();
    }

    @Override
    public CapabilityFlag supportsSerialization() {
      return CapabilityFlag.on();
    }

    @Override
    public CapabilityFlag supportsMetadata() {
      return CapabilityFlag.on();
    }
  }

  private static final class Snapshots extends JavaSnapshotStoreSpec {
    Snapshots(Config config) {
      super(config);
    }

    @Override
    public CapabilityFlag supportsSerialization() {
      return CapabilityFlag.on();
    }

    @Override
    public CapabilityFlag supportsMetadata() {
      return CapabilityFlag.on();
    }
  }
}
