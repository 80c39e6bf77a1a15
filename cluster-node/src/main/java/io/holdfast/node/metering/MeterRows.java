package io.holdfast.node.metering;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.InstanceType;
import io.holdfast.persistence.embedded.MeterTable.Row;
import io.holdfast.protocol.NamespaceId;
import java.nio.ByteBuffer;

/// The rows of the meters on disk: totals as `D day app NUL namespace`, marks of running containers
/// as `C` and their owner. Their form is stored: it never changes without another version byte.
final class MeterRows {
  static final byte[] TOTALS = {'D'};
  static final byte[] TOTALS_END = {'D' + 1};
  static final byte[] MARKS = {'C'};
  static final byte[] MARKS_END = {'C' + 1};
  private static final byte VERSION = 1;
  private static final String SEPARATOR = "\0";

  private MeterRows() {}

  /// One day of one namespace.
  record Key(long epochDay, NamespaceId namespace) {}

  /// A container, and up to where it was counted.
  record MarkedOwner(ContainerOwner owner, ContainerMeter.Mark mark) {}

  static byte[] key(Key key) {
    byte[] name = (key.namespace.app() + SEPARATOR + key.namespace.name()).getBytes(UTF_8);
    return ByteBuffer.allocate(1 + Integer.BYTES + name.length)
        .put(TOTALS[0])
        .putInt(Math.toIntExact(key.epochDay))
        .put(name)
        .array();
  }

  static Key key(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
    int day = in.getInt();
    String[] names = UTF_8.decode(in).toString().split(SEPARATOR, -1);
    return new Key(day, new NamespaceId(names[0], names[1]));
  }

  /// The first key of a day.
  static byte[] from(long epochDay) {
    return ByteBuffer.allocate(1 + Integer.BYTES)
        .put(TOTALS[0])
        .putInt(Math.toIntExact(epochDay))
        .array();
  }

  static byte[] key(ContainerOwner owner) {
    String text =
        String.join(
            SEPARATOR,
            owner.app(),
            owner.namespace(),
            owner.objectId(),
            owner.node(),
            Long.toString(owner.epoch()));
    byte[] name = text.getBytes(UTF_8);
    return ByteBuffer.allocate(1 + name.length).put(MARKS[0]).put(name).array();
  }

  static Row row(ContainerOwner owner, ContainerMeter.Mark mark) {
    byte[] type = mark.type().name().getBytes(UTF_8);
    byte[] value =
        ByteBuffer.allocate(1 + 4 * Long.BYTES + Double.BYTES + 2 * Integer.BYTES + type.length)
            .put(VERSION)
            .putLong(mark.startedMillis())
            .putLong(mark.countedToMillis())
            .putLong(mark.cpuMicros())
            .putLong(mark.sentBytes())
            .putDouble(mark.type().vcpu())
            .putInt(mark.type().memoryMib())
            .putInt(mark.type().diskMb())
            .put(type)
            .array();
    return new Row(key(owner), value);
  }

  static MarkedOwner marked(Row row) {
    String[] owner = new String(row.key(), 1, row.key().length - 1, UTF_8).split(SEPARATOR, -1);
    ByteBuffer in = ByteBuffer.wrap(row.value());
    byte version = in.get();
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "expected a container's mark of version " + VERSION + ", found version " + version);
    }
    long started = in.getLong();
    long counted = in.getLong();
    long cpu = in.getLong();
    long sent = in.getLong();
    double vcpu = in.getDouble();
    int memory = in.getInt();
    int disk = in.getInt();
    InstanceType type = new InstanceType(UTF_8.decode(in).toString(), vcpu, memory, disk);
    return new MarkedOwner(
        new ContainerOwner(owner[0], owner[1], owner[2], owner[3], Long.parseLong(owner[4])),
        new ContainerMeter.Mark(type, started, counted, cpu, sent));
  }
}
