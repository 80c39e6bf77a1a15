package io.holdfast.node.object;

import io.holdfast.persistence.database.RowBytes;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ObjectCallException;
import java.io.NotSerializableException;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/// Commands that leave this node.
public final class CommandSerializer extends SerializerWithStringManifest {
  private static final int IDENTIFIER = 7402;
  private static final String CALL = "C";
  private static final String WAKE = "W";
  private static final String NOTHING = "N";

  private final ExtendedActorSystem system;

  public CommandSerializer(ExtendedActorSystem system) {
    this.system = system;
  }

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object command) {
    return switch ((ObjectCommand) command) {
      case ObjectCommand.Deliver deliver -> deliver.sent().isPresent() ? CALL : NOTHING;
      case ObjectCommand.Asked _ -> CALL;
      case ObjectCommand.Wake _ -> WAKE;
      default -> throw new IllegalArgumentException("it stays on its node: " + command.getClass());
    };
  }

  @Override
  public byte[] toBinary(Object command) {
    return switch ((ObjectCommand) command) {
      case ObjectCommand.Wake wake -> {
        if (wake.passage().end()) {
          wake.waiting().leave();
        }
        yield RowBytes.written(out -> CallCodec.write(wake.target(), out));
      }
      case ObjectCommand.Travelling given when !given.passage().end() -> RemoteCalls.nothing();
      case ObjectCommand.Deliver deliver ->
          deliver.sent().map(calls()::leaving).orElseGet(() -> notHere(deliver.event()));
      case ObjectCommand.Asked asked -> calls().leaving(asked.sent());
      default -> throw new IllegalArgumentException("it stays on its node: " + command.getClass());
    };
  }

  private RemoteCalls calls() {
    return RemoteCalls.get(system);
  }

  /** Something that can only be done where the object is. */
  private static byte[] notHere(ObjectEvent event) {
    event.reject(
        new ObjectCallException(
            ErrorCode.OBJECT_UNAVAILABLE,
            "Error",
            "Durable Object " + event.target() + " is on another node."));
    return new byte[0];
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    return switch (manifest) {
      case CALL -> calls().arrived(bytes);
      case WAKE ->
          RowBytes.read(
              "a call of another node",
              bytes,
              in ->
                  new ObjectCommand.Wake(
                      CallCodec.readAddress(in), ObjectCommand.Wake.Waiting.NONE));
      case NOTHING -> new ObjectCommand.Nothing();
      default -> throw new NotSerializableException("a command of kind " + manifest);
    };
  }
}
