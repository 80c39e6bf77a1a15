package io.holdfast.edge;

import io.holdfast.protocol.NamespaceDirectory;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A path of the service API, taken apart: `/v1/objects/{namespace}/{name}/{verb}/{rest}`.
///
/// The first three are percent-decoded; a name may be empty and may hold any character, also an
/// encoded `/`.
///
/// @param name the object's name, or `id:` and its 64 hex digits
/// @param rest what follows the verb, as sent, from its `/` on; empty when nothing follows
record ObjectPath(String namespace, String name, String verb, String rest) {
  private static final String PREFIX = "/v1/objects/";
  private static final String ID = "id:";

  /// Null when the path has another form.
  ///
  /// @throws HoldfastException `invalid_request` when its percent-encoding is broken
  static @Nullable ObjectPath parse(String path) {
    if (!path.startsWith(PREFIX)) {
      return null;
    }
    int afterNamespace = path.indexOf('/', PREFIX.length());
    int afterName = afterNamespace < 0 ? -1 : path.indexOf('/', afterNamespace + 1);
    if (afterName < 0) {
      return null;
    }
    int slash = path.indexOf('/', afterName + 1);
    int afterVerb = slash < 0 ? path.length() : slash;
    return new ObjectPath(
        decode(path.substring(PREFIX.length(), afterNamespace)),
        decode(path.substring(afterNamespace + 1, afterName)),
        path.substring(afterName + 1, afterVerb),
        path.substring(afterVerb));
  }

  /// The object of that name.
  ///
  /// @param name a name, or `id:` and 64 hex digits
  static ObjectAddress address(NamespaceDirectory namespaces, NamespaceId namespace, String name) {
    ObjectIds ids = namespaces.ids(namespace);
    String hex = idHex(name);
    return new ObjectAddress(namespace, hex == null ? ids.named(name) : ids.parse(hex));
  }

  /// The id that a name stands for, or null when it is a plain name.
  static @Nullable String idHex(String name) {
    return name.startsWith(ID) ? name.substring(ID.length()) : null;
  }

  /// Decodes percent-encoded UTF-8.
  ///
  /// @throws HoldfastException `invalid_request`
  static String decode(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    ByteBuffer bytes = ByteBuffer.allocate(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        bytes.put(hexByte(text, i));
        i += 2;
      } else {
        bytes.put((byte) c);
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      throw new HoldfastException(
          ErrorCode.INVALID_REQUEST, "expected percent-encoded UTF-8, found '" + text + "'", e);
    }
  }

  private static byte hexByte(String text, int percent) {
    int high = percent + 2 < text.length() ? Character.digit(text.charAt(percent + 1), 16) : -1;
    int low = high < 0 ? -1 : Character.digit(text.charAt(percent + 2), 16);
    if (low < 0) {
      throw new HoldfastException(
          ErrorCode.INVALID_REQUEST,
          "expected two hex digits after '%' in the path, found '" + text.substring(percent) + "'");
    }
    return (byte) (high * 16 + low);
  }
}
