package io.holdfast.node.guard;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.docker.DockerContainerEngine;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;

/// The process of the guard, started by [ContainerGuard]. It is told on its standard input what it
/// guards, and then how many milliseconds are left, as often as the node can.
public final class GuardMain {
  private GuardMain() {}

  public static void main(String[] args) throws IOException {
    surviveTheNode();
    DataInputStream node = new DataInputStream(new BufferedInputStream(System.in));
    Deployment deployment = new Deployment(node.readUTF());
    EngineConfig config = EngineConfig.of(ConfigFactory.parseString(node.readUTF()));
    ContainerEngine engine = DockerContainerEngine.open(config, deployment);
    Guard guard = new Guard(engine, System.err::println, System::nanoTime);
    Thread.ofPlatform().daemon().name("guard-node").start(() -> listen(node, guard));
    guard.run();
    Runtime.getRuntime().halt(0); // What the engine keeps open is nobody's any more.
  }

  /** Signals for the node reach its whole group; what ends the guard is the end of the pipe. */
  private static void surviveTheNode() {
    for (String signal : new String[] {"INT", "TERM", "HUP"}) {
      sun.misc.Signal.handle(new sun.misc.Signal(signal), _ -> {});
    }
  }

  private static void listen(DataInputStream node, Guard guard) {
    try {
      while (true) {
        guard.left(node.readLong());
      }
    } catch (IOException e) {
      guard.nodeIsGone();
    }
  }
}
