package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerLifecycle.next;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.container.ContainerLifecycle.Action;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ContainerLifecycleTest {
  @ParameterizedTest
  @CsvSource({
    "STOPPED,  START_ORDERED,   STARTING, LAUNCH",
    "STOPPED,  FOUND_RUNNING,   RUNNING,  WATCH",
    "STOPPED,  FOUND_ENDED,     STOPPED,  REPORT_EXIT",
    "STOPPED,  STOP_ORDERED,    STOPPED,  NONE",
    "STOPPED,  DESTROY_ORDERED, STOPPED,  NONE",
    "STOPPED,  EXITED,          STOPPED,  REFUSE",
    "STOPPED,  LAUNCHED,        STOPPED,  REFUSE",
    "STOPPED,  LAUNCH_FAILED,   STOPPED,  REFUSE",
    "STARTING, START_ORDERED,   STARTING, REFUSE",
    "STARTING, FOUND_RUNNING,   RUNNING,  WATCH",
    "STARTING, FOUND_ENDED,     STARTING, REPORT_EXIT",
    "STARTING, LAUNCHED,        RUNNING,  WATCH",
    "STARTING, LAUNCH_FAILED,   STOPPED,  REPORT_FAILURE",
    "STARTING, STOP_ORDERED,    STOPPING, NONE",
    "STARTING, DESTROY_ORDERED, STOPPING, NONE",
    "STARTING, EXITED,          STARTING, REFUSE",
    "RUNNING,  START_ORDERED,   RUNNING,  REFUSE",
    "RUNNING,  FOUND_RUNNING,   RUNNING,  REFUSE",
    "RUNNING,  FOUND_ENDED,     RUNNING,  REPORT_EXIT",
    "RUNNING,  LAUNCHED,        RUNNING,  REFUSE",
    "RUNNING,  LAUNCH_FAILED,   RUNNING,  REFUSE",
    "RUNNING,  STOP_ORDERED,    STOPPING, TERMINATE",
    "RUNNING,  DESTROY_ORDERED, STOPPING, KILL",
    "RUNNING,  EXITED,          STOPPED,  REPORT_EXIT",
    "RUNNING,  PAUSED,          PAUSED, NONE",
    "RUNNING,  RESUMED,         RUNNING, REFUSE",
    "STOPPED,  PAUSED,          STOPPED, REFUSE",
    "STOPPED,  RESUMED,         STOPPED, REFUSE",
    "STARTING, PAUSED,          STARTING, REFUSE",
    "STARTING, RESUMED,         STARTING, REFUSE",
    "STOPPING, PAUSED,          STOPPING, REFUSE",
    "STOPPING, RESUMED,         STOPPING, REFUSE",
    "PAUSED, RESUMED,         RUNNING, NONE",
    "PAUSED, EXITED,          STOPPED, REPORT_EXIT",
    "PAUSED, STOP_ORDERED,    STOPPING, TERMINATE",
    "PAUSED, DESTROY_ORDERED, STOPPING, KILL",
    "PAUSED, START_ORDERED,   PAUSED, REFUSE",
    "PAUSED, FOUND_RUNNING,   PAUSED, REFUSE",
    "PAUSED, FOUND_ENDED,     PAUSED, REFUSE",
    "PAUSED, LAUNCHED,        PAUSED, REFUSE",
    "PAUSED, LAUNCH_FAILED,   PAUSED, REFUSE",
    "PAUSED, PAUSED,          PAUSED, REFUSE",
    "STOPPING, START_ORDERED,   STOPPING, REFUSE",
    "STOPPING, FOUND_RUNNING,   STOPPING, WATCH_AND_KILL",
    "STOPPING, FOUND_ENDED,     STOPPING, REPORT_EXIT",
    "STOPPING, LAUNCHED,        STOPPING, WATCH_AND_KILL",
    "STOPPING, LAUNCH_FAILED,   STOPPED,  REPORT_FAILURE",
    "STOPPING, STOP_ORDERED,    STOPPING, NONE",
    "STOPPING, DESTROY_ORDERED, STOPPING, KILL",
    "STOPPING, EXITED,          STOPPED,  REPORT_EXIT",
  })
  void followsTheTable(State state, Event event, State expected, Action action) {
    assertThat(next(state, event)).isEqualTo(new ContainerLifecycle.Transition(expected, action));
  }

  @ParameterizedTest
  @EnumSource(State.class)
  void onlyAStoppedContainerIsEverLaunched(State state) {
    boolean launches = next(state, Event.START_ORDERED).action() == Action.LAUNCH;
    assertThat(launches).isEqualTo(state == State.STOPPED);
  }

  @Test
  void whatWasToldToStopWhileItStartedIsKilledWhenItHasStarted() {
    State ordered = next(State.STARTING, Event.STOP_ORDERED).next();
    assertThat(next(ordered, Event.LAUNCHED).action()).isEqualTo(Action.WATCH_AND_KILL);
  }

  @Test
  void theCommittedDiagramIsDrawnFromTheTable() throws IOException {
    Path file = Path.of("../docs/diagrams/container-lifecycle.md");
    if (Boolean.getBoolean("holdfast.draw")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, LifecycleDiagram.markdown());
    }
    assertThat(file).content().isEqualTo(LifecycleDiagram.markdown());
  }
}
