package io.holdfast.edge;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The log of the edge itself, and that of the Workers it runs.
final class EdgeLog {
  static final Logger LOG = LoggerFactory.getLogger("io.holdfast.edge");
  static final Logger WORKER = LoggerFactory.getLogger("io.holdfast.edge.worker");

  private EdgeLog() {}
}
