package io.holdfast.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.MapperBuilder;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.JsonCodec;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Turns values of user code into CBOR (storage, calls between objects) and JSON (calls from
/// outside), and back.
///
/// Make one per app: it remembers the app's classes. Thread-safe.
public final class ValueCodec implements JsonCodec {
  private final ObjectMapper cbor;
  private final ObjectMapper json;

  public ValueCodec() {
    StreamReadConstraints limits = StreamReadConstraints.builder().maxNestingDepth(200).build();
    this.cbor =
        configured(CBORMapper.builder(CBORFactory.builder().streamReadConstraints(limits).build()));
    this.json =
        configured(JsonMapper.builder(JsonFactory.builder().streamReadConstraints(limits).build()));
  }

  private static <M extends ObjectMapper, B extends MapperBuilder<M, B>> ObjectMapper configured(
      B builder) {
    return builder
        .addModule(new Jdk8Module())
        .addModule(new JavaTimeModule())
        .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
        .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
        .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .defaultPropertyInclusion(
            JsonInclude.Value.construct(JsonInclude.Include.ALWAYS, JsonInclude.Include.ALWAYS))
        .build();
  }

  /// One value as CBOR.
  public byte[] toCbor(@Nullable Object value) {
    return bytes(cbor, value);
  }

  public <T> @Nullable T fromCbor(byte[] bytes, Type type) {
    return value(cbor, bytes, type, "CBOR");
  }

  @Override
  public byte[] write(Object value) {
    return bytes(json, value);
  }

  @Override
  public <T> T read(byte[] bytes, Type type) {
    T value = value(json, bytes, type, "JSON");
    if (value == null) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected JSON of " + type.getTypeName() + ", found null");
    }
    return value;
  }

  /// The arguments of a call as an array in the encoding.
  public byte[] encodeArguments(RpcCall.Encoding encoding, @Nullable Object[] arguments) {
    return bytes(mapper(encoding), arguments);
  }

  /// Reads the arguments of a call. `typesFor` says which types a call of that many arguments
  /// takes.
  ///
  /// @throws HoldfastException `invalid_argument` when the bytes are no array, or an argument is
  ///   not of its type
  public @Nullable Object[] decodeArguments(RpcCall call, IntFunction<Type[]> typesFor) {
    ObjectMapper mapper = mapper(call.encoding());
    List<JsonNode> nodes = new ArrayList<>();
    try {
      JsonNode array = mapper.readTree(call.arguments());
      if (array == null || !array.isArray()) {
        throw new HoldfastException(
            ErrorCode.INVALID_ARGUMENT,
            "expected an array of arguments for method \""
                + call.method()
                + "\", found "
                + (array == null || array.isMissingNode()
                    ? "nothing"
                    : array.getNodeType().name().toLowerCase(Locale.ROOT)));
      }
      array.forEach(nodes::add);
    } catch (IOException e) {
      throw unreadable(call.encoding().name(), "an array of arguments", e);
    }
    Type[] types = typesFor.apply(nodes.size());
    @Nullable Object[] arguments = new Object[nodes.size()];
    for (int i = 0; i < arguments.length; i++) {
      try {
        arguments[i] = mapper.readerFor(mapper.constructType(types[i])).readValue(nodes.get(i));
      } catch (IOException e) {
        throw unreadable(
            call.encoding().name(),
            types[i].getTypeName() + " as argument " + (i + 1) + " of \"" + call.method() + "\"",
            e);
      }
    }
    return arguments;
  }

  public byte[] encodeResult(RpcCall.Encoding encoding, @Nullable Object result) {
    return bytes(mapper(encoding), result);
  }

  private ObjectMapper mapper(RpcCall.Encoding encoding) {
    return switch (encoding) {
      case CBOR -> cbor;
      case JSON -> json;
    };
  }

  private static byte[] bytes(ObjectMapper mapper, @Nullable Object value) {
    try {
      return mapper.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "a value of "
              + (value == null ? "null" : value.getClass().getName())
              + " cannot be stored or sent: "
              + e.getOriginalMessage(),
          e);
    }
  }

  private static <T> @Nullable T value(
      ObjectMapper mapper, byte[] bytes, Type type, String format) {
    try {
      return mapper.readerFor(mapper.constructType(type)).readValue(bytes);
    } catch (IOException e) {
      throw unreadable(format, type.getTypeName(), e);
    }
  }

  private static HoldfastException unreadable(String format, String wanted, IOException e) {
    String why =
        e instanceof JsonProcessingException known ? known.getOriginalMessage() : e.getMessage();
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT,
        "expected " + wanted + ", found other " + format + ": " + why,
        e);
  }
}
