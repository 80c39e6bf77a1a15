package io.holdfast.node.container;

import io.holdfast.node.container.ContainerLifecycle.Action;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// [ContainerLifecycle] as a drawing, and as a list of what can happen.
final class LifecycleDiagram {
  private LifecycleDiagram() {}

  /// One line of the table that makes sense.
  record Step(State state, Event event, ContainerLifecycle.Transition transition) {
    /** As the metrics name it. */
    String name() {
      return lower(state) + " " + lower(event);
    }
  }

  /// All lines of the table that make sense.
  static List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    for (State state : State.values()) {
      for (Event event : Event.values()) {
        ContainerLifecycle.Transition transition = ContainerLifecycle.next(state, event);
        if (transition.action() != Action.REFUSE) {
          steps.add(new Step(state, event, transition));
        }
      }
    }
    return steps;
  }

  /// The file that is kept in `docs/diagrams`.
  static String markdown() {
    StringBuilder text = new StringBuilder();
    text.append("# The life cycle of a container\n\n");
    text.append(
        "Drawn from `ContainerLifecycle` by `ContainerLifecycleTest`, which fails when this");
    text.append(
        " file is stale: `scripts/mvn test -pl cluster-node -am -Dtest=ContainerLifecycleTest");
    text.append(
        " -Dsurefire.failIfNoSpecifiedTests=false -Dholdfast.draw=true` draws it anew. What is");
    text.append(
        " not drawn makes no sense in that state and changes nothing. Behind the slash stands");
    text.append(" what is then done.\n\n");
    text.append("```mermaid\nstateDiagram-v2\n");
    text.append("  [*] --> ").append(State.STOPPED).append('\n');
    steps().forEach(step -> text.append(line(step)));
    return text.append("```\n").toString();
  }

  private static String line(Step step) {
    Action action = step.transition().action();
    String done = action == Action.NONE ? "" : " / " + words(action);
    return "  %s --> %s : %s%s%n"
        .formatted(step.state(), step.transition().next(), words(step.event()), done);
  }

  private static String words(Enum<?> constant) {
    return lower(constant).replace('_', ' ');
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
