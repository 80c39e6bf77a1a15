package io.holdfast.node.container;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.node.pace.Pace;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How many of some images the engine has, as it was some seconds ago. Thread-safe; never blocks.
public final class PresentImages {
  private static final Logger log = LoggerFactory.getLogger(PresentImages.class);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(10);

  private final ContainerEngine engine;
  private final Collection<String> references;
  private final Pace pace = Pace.fromNow(LOOK_EVERY);
  private volatile int present;

  /// @param references of the images; the engine is not asked when there are none
  public PresentImages(ContainerEngine engine, Collection<String> references) {
    this.engine = engine;
    this.references = List.copyOf(references);
  }

  public int count() {
    if (!references.isEmpty() && pace.isTime()) {
      Thread.ofVirtual().name("container-present").start(this::look);
    }
    return present;
  }

  private void look() {
    try {
      present = (int) references.stream().filter(engine::imagePresent).count();
    } catch (RuntimeException e) {
      log.debug("the engine does not say which images it has: {}", e.getMessage());
    }
  }
}
