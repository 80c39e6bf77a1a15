package io.holdfast.protocol;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Makes and checks the ids of one namespace.
///
/// An id is 32 bytes: kind, jurisdiction and home region (one byte each; 0 means none), 21 bytes of
/// hash or randomness, and 8 bytes of a MAC over the rest with a key derived from the namespace, so
/// that an id of another namespace is told apart.
///
/// Thread-safe.
public final class ObjectIds {
  private static final int BODY_BYTES = 24;
  private static final int HEADER_BYTES = 3;
  private static final int TAG_BYTES = 8;
  private static final byte KIND_NAMED = 1;
  private static final byte KIND_UNIQUE = 2;
  private static final int KNOWN_NAME_BYTES_MAX = 1024;
  private static final HexFormat HEX = HexFormat.of();
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Mac mac;

  public ObjectIds(NamespaceId namespace) {
    this.mac = newMac(new SecretKeySpec(sha256("holdfast namespace " + namespace), "HmacSHA256"));
  }

  /// The id of that name; always the same one.
  public ObjectId named(String name) {
    return named(name, Optional.empty());
  }

  /// The id of that name under a jurisdiction, another one than without; always the same one.
  public ObjectId named(String name, Optional<Jurisdiction> jurisdiction) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    byte[] hash = mac(utf8, utf8.length);
    byte[] id = new byte[BODY_BYTES + TAG_BYTES];
    id[0] = KIND_NAMED;
    id[1] = byteOf(jurisdiction);
    System.arraycopy(hash, 0, id, HEADER_BYTES, BODY_BYTES - HEADER_BYTES);
    return sealed(id, utf8.length <= KNOWN_NAME_BYTES_MAX ? Optional.of(name) : Optional.empty());
  }

  /// A new random id.
  ///
  /// @param region the number of the region where its object begins; 0 for a cluster of one region
  public ObjectId unique(int region, Optional<Jurisdiction> jurisdiction) {
    byte[] random = new byte[BODY_BYTES - HEADER_BYTES];
    RANDOM.nextBytes(random);
    byte[] id = new byte[BODY_BYTES + TAG_BYTES];
    id[0] = KIND_UNIQUE;
    id[1] = byteOf(jurisdiction);
    id[2] = (byte) region;
    System.arraycopy(random, 0, id, HEADER_BYTES, random.length);
    return sealed(id, Optional.empty());
  }

  private static byte byteOf(Optional<Jurisdiction> jurisdiction) {
    return jurisdiction.map(Jurisdiction::number).orElse((byte) 0);
  }

  /// The number of the region where an object with a unique id began; 0 when the id does not say.
  public static int region(ObjectId id) {
    return HexFormat.fromHexDigits(id.hex(), 4, 6);
  }

  /// Whether the id was made of a name; a unique one was not.
  public static boolean isNamed(ObjectId id) {
    return HexFormat.fromHexDigits(id.hex(), 0, 2) == KIND_NAMED;
  }

  /// Reads an id and checks that it is one of this namespace.
  ///
  /// @throws HoldfastException `invalid_object_id`
  public ObjectId parse(String hex) {
    ObjectId id = new ObjectId(hex, Optional.empty());
    byte[] bytes = HEX.parseHex(hex);
    byte[] expected = Arrays.copyOf(mac(bytes, BODY_BYTES), TAG_BYTES);
    byte[] found = Arrays.copyOfRange(bytes, BODY_BYTES, BODY_BYTES + TAG_BYTES);
    if (!MessageDigest.isEqual(expected, found)) {
      throw new HoldfastException(
          ErrorCode.INVALID_OBJECT_ID, "Durable Object ID is not valid for this namespace.");
    }
    return id;
  }

  private ObjectId sealed(byte[] id, Optional<String> name) {
    System.arraycopy(mac(id, BODY_BYTES), 0, id, BODY_BYTES, TAG_BYTES);
    return new ObjectId(HEX.formatHex(id), name);
  }

  private byte[] mac(byte[] bytes, int length) {
    try {
      Mac own = (Mac) mac.clone();
      own.update(bytes, 0, length);
      return own.doFinal();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Mac newMac(SecretKeySpec key) {
    try {
      Mac hmac = Mac.getInstance("HmacSHA256");
      hmac.init(key);
      return hmac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
