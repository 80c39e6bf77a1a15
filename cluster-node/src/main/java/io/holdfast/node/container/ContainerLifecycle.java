package io.holdfast.node.container;

/// The life cycle of an object's container as a table: state and event give the next state and what
/// to do.
final class ContainerLifecycle {
  private ContainerLifecycle() {}

  enum State {
    STOPPED,
    /// Ordered, the engine has not yet answered.
    STARTING,
    RUNNING,
    /// Frozen by the engine; goes on when it is used.
    PAUSED,
    /// Told to stop; its end was not yet seen.
    STOPPING
  }

  enum Event {
    START_ORDERED,
    /// A container of an earlier life of the node was found running.
    FOUND_RUNNING,
    /// A container of an earlier life of the node was found, ended.
    FOUND_ENDED,
    LAUNCHED,
    LAUNCH_FAILED,
    /// The engine has frozen it.
    PAUSED,
    /// The engine has let it go on.
    RESUMED,
    STOP_ORDERED,
    DESTROY_ORDERED,
    EXITED
  }

  enum Action {
    NONE,
    /// Create and start it on the engine.
    LAUNCH,
    /// Wait for its end.
    WATCH,
    /// Wait for its end, and kill it: it was told to stop while it started.
    WATCH_AND_KILL,
    /// Let what is in flight end, SIGTERM, grace, SIGKILL.
    TERMINATE,
    /// SIGKILL.
    KILL,
    /// Tell those who wait for the start that it failed.
    REPORT_FAILURE,
    /// Tell the object how it ended.
    REPORT_EXIT,
    /// The order makes no sense in this state.
    REFUSE
  }

  record Transition(State next, Action action) {}

  static Transition next(State state, Event event) {
    return switch (state) {
      case STOPPED ->
          switch (event) {
            case START_ORDERED -> to(State.STARTING, Action.LAUNCH);
            case FOUND_RUNNING -> to(State.RUNNING, Action.WATCH);
            case FOUND_ENDED -> to(State.STOPPED, Action.REPORT_EXIT);
            case STOP_ORDERED, DESTROY_ORDERED -> to(State.STOPPED, Action.NONE);
            case LAUNCHED, LAUNCH_FAILED, PAUSED, RESUMED, EXITED ->
                to(State.STOPPED, Action.REFUSE);
          };
      case STARTING ->
          switch (event) {
            // Ordered before the engine could be asked what runs: what runs is what was ordered.
            case LAUNCHED, FOUND_RUNNING -> to(State.RUNNING, Action.WATCH);
            case FOUND_ENDED -> to(State.STARTING, Action.REPORT_EXIT);
            case LAUNCH_FAILED -> to(State.STOPPED, Action.REPORT_FAILURE);
            case STOP_ORDERED, DESTROY_ORDERED -> to(State.STOPPING, Action.NONE);
            case START_ORDERED, EXITED, PAUSED, RESUMED -> to(State.STARTING, Action.REFUSE);
          };
      case RUNNING ->
          switch (event) {
            case EXITED -> to(State.STOPPED, Action.REPORT_EXIT);
            case STOP_ORDERED -> to(State.STOPPING, Action.TERMINATE);
            case DESTROY_ORDERED -> to(State.STOPPING, Action.KILL);
            case PAUSED -> to(State.PAUSED, Action.NONE);
            // An earlier run, whose report was repeated when the node died.
            case FOUND_ENDED -> to(State.RUNNING, Action.REPORT_EXIT);
            case START_ORDERED, FOUND_RUNNING, LAUNCHED, LAUNCH_FAILED, RESUMED ->
                to(State.RUNNING, Action.REFUSE);
          };
      case PAUSED ->
          switch (event) {
            case RESUMED -> to(State.RUNNING, Action.NONE);
            case EXITED -> to(State.STOPPED, Action.REPORT_EXIT);
            case STOP_ORDERED -> to(State.STOPPING, Action.TERMINATE);
            case DESTROY_ORDERED -> to(State.STOPPING, Action.KILL);
            case START_ORDERED, FOUND_RUNNING, FOUND_ENDED, LAUNCHED, LAUNCH_FAILED, PAUSED ->
                to(State.PAUSED, Action.REFUSE);
          };
      case STOPPING ->
          switch (event) {
            case EXITED -> to(State.STOPPED, Action.REPORT_EXIT);
            case LAUNCHED, FOUND_RUNNING -> to(State.STOPPING, Action.WATCH_AND_KILL);
            case FOUND_ENDED -> to(State.STOPPING, Action.REPORT_EXIT);
            case LAUNCH_FAILED -> to(State.STOPPED, Action.REPORT_FAILURE);
            case STOP_ORDERED -> to(State.STOPPING, Action.NONE);
            case DESTROY_ORDERED -> to(State.STOPPING, Action.KILL);
            case START_ORDERED, PAUSED, RESUMED -> to(State.STOPPING, Action.REFUSE);
          };
    };
  }

  private static Transition to(State next, Action action) {
    return new Transition(next, action);
  }
}
