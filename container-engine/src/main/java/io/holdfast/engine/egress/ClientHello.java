package io.holdfast.engine.egress;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// The first message of TLS, read only as far as it says whom it is for (RFC 8446, 4.1.2; RFC 6066,
/// 3).
///
/// @param host what the client asks for, lower case; empty when it does not say
record ClientHello(Optional<String> host) {
  /// No client needs more; with it goes what one connection may hold in memory.
  static final int BYTES_MAX = 32 * 1024;

  private static final int HANDSHAKE_RECORD = 22;
  private static final int CLIENT_HELLO = 1;
  private static final int SERVER_NAME = 0;
  private static final int RECORD_HEADER_BYTES = 5;

  /// What was found in the bytes so far.
  sealed interface Found {
    /// All of it.
    record Whole(ClientHello hello) implements Found {}

    /// More must come.
    record Part() implements Found {}

    /// This is something else.
    record Other(String what) implements Found {}
  }

  /// Looks at the first bytes that a client sent.
  static Found read(byte[] bytes, int length) {
    ByteBuffer message = ByteBuffer.allocate(length);
    ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
    while (in.remaining() >= RECORD_HEADER_BYTES) {
      int type = in.get() & 0xff;
      int major = in.get();
      in.get();
      int size = in.getShort() & 0xffff;
      if (type != HANDSHAKE_RECORD || major != 3 || size == 0) {
        return new Found.Other("a record of type " + type);
      }
      int here = Math.min(size, in.remaining());
      message.put(in.slice(in.position(), here));
      in.position(in.position() + here);
    }
    boolean begun = length > 0;
    if (begun && bytes[0] != HANDSHAKE_RECORD) {
      return new Found.Other("a first byte of " + (bytes[0] & 0xff));
    }
    return ofMessage(message.flip());
  }

  private static Found ofMessage(ByteBuffer message) {
    if (message.remaining() < 4) {
      return new Found.Part();
    }
    int type = message.get() & 0xff;
    if (type != CLIENT_HELLO) {
      return new Found.Other("a handshake message of type " + type);
    }
    int size = (message.get() & 0xff) << 16 | message.getShort() & 0xffff;
    if (size > BYTES_MAX) {
      return new Found.Other("a ClientHello of " + size + " bytes");
    }
    if (message.remaining() < size) {
      return new Found.Part();
    }
    try {
      return new Found.Whole(new ClientHello(host(part(message, size))));
    } catch (BufferUnderflowException | IllegalArgumentException _) {
      return new Found.Other("a malformed ClientHello");
    }
  }

  private static Optional<String> host(ByteBuffer hello) {
    part(hello, 2 + 32); // Version and random.
    part(hello, hello.get() & 0xff); // Session.
    part(hello, hello.getShort() & 0xffff); // Cipher suites.
    part(hello, hello.get() & 0xff); // Compression.
    if (!hello.hasRemaining()) {
      return Optional.empty();
    }
    ByteBuffer extensions = part(hello, hello.getShort() & 0xffff);
    while (extensions.hasRemaining()) {
      int type = extensions.getShort() & 0xffff;
      ByteBuffer extension = part(extensions, extensions.getShort() & 0xffff);
      if (type == SERVER_NAME) {
        return serverName(extension);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> serverName(ByteBuffer extension) {
    ByteBuffer names = part(extension, extension.getShort() & 0xffff);
    while (names.hasRemaining()) {
      int type = names.get();
      ByteBuffer name = part(names, names.getShort() & 0xffff);
      if (type == 0) {
        return Optional.of(HostPattern.normal(StandardCharsets.US_ASCII.decode(name).toString()));
      }
    }
    return Optional.empty();
  }

  private static ByteBuffer part(ByteBuffer of, int size) {
    if (size > of.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer part = of.slice(of.position(), size);
    of.position(of.position() + size);
    return part;
  }
}
