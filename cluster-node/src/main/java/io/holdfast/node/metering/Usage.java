package io.holdfast.node.metering;

import io.holdfast.engine.InstanceType;
import java.nio.ByteBuffer;

/// Amounts of what was used. Integers throughout, so that nothing is lost by adding.
///
/// @param containerMillis wall-clock time from start to end, whole containers
/// @param cpuMicros CPU time that containers used
/// @param memoryMibMillis memory of the instance type times time
/// @param diskMbMillis disk of the instance type times time
/// @param egressBytes what containers sent, to wherever
/// @param containerStarts containers that began to run
/// @param objectMillis wall-clock time of objects in memory
/// @param requests of objects: HTTP requests, calls, batches of messages, alarms
/// @param webSocketMessages that came in
/// @param rowsRead of objects' storage
/// @param rowsWritten of objects' storage
public record Usage(
    long containerMillis,
    long cpuMicros,
    long memoryMibMillis,
    long diskMbMillis,
    long egressBytes,
    long containerStarts,
    long objectMillis,
    long requests,
    long webSocketMessages,
    long rowsRead,
    long rowsWritten) {
  static final Usage NONE = new Usage(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  private static final byte VERSION = 1;
  private static final int BYTES = 1 + 11 * Long.BYTES;

  static Usage ofContainer(InstanceType type, long millis) {
    return new Usage(
        millis, 0, type.memoryMib() * millis, type.diskMb() * millis, 0, 0, 0, 0, 0, 0, 0);
  }

  static Usage ofReading(long cpuMicros, long egressBytes) {
    return new Usage(0, cpuMicros, 0, 0, egressBytes, 0, 0, 0, 0, 0, 0);
  }

  static Usage ofContainerStart() {
    return new Usage(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0);
  }

  static Usage ofObjects(long millis) {
    return new Usage(0, 0, 0, 0, 0, 0, millis, 0, 0, 0, 0);
  }

  static Usage ofEvents(long requests, long webSocketMessages, long rowsRead, long rowsWritten) {
    return new Usage(0, 0, 0, 0, 0, 0, 0, requests, webSocketMessages, rowsRead, rowsWritten);
  }

  public Usage plus(Usage other) {
    return new Usage(
        containerMillis + other.containerMillis,
        cpuMicros + other.cpuMicros,
        memoryMibMillis + other.memoryMibMillis,
        diskMbMillis + other.diskMbMillis,
        egressBytes + other.egressBytes,
        containerStarts + other.containerStarts,
        objectMillis + other.objectMillis,
        requests + other.requests,
        webSocketMessages + other.webSocketMessages,
        rowsRead + other.rowsRead,
        rowsWritten + other.rowsWritten);
  }

  byte[] encoded() {
    return ByteBuffer.allocate(BYTES)
        .put(VERSION)
        .putLong(containerMillis)
        .putLong(cpuMicros)
        .putLong(memoryMibMillis)
        .putLong(diskMbMillis)
        .putLong(egressBytes)
        .putLong(containerStarts)
        .putLong(objectMillis)
        .putLong(requests)
        .putLong(webSocketMessages)
        .putLong(rowsRead)
        .putLong(rowsWritten)
        .array();
  }

  static Usage decoded(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    byte version = in.get();
    if (version != VERSION || bytes.length != BYTES) {
      throw new IllegalArgumentException(
          "expected usage of version %d in %d bytes, found version %d in %d bytes"
              .formatted(VERSION, BYTES, version, bytes.length));
    }
    return new Usage(
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong());
  }
}
