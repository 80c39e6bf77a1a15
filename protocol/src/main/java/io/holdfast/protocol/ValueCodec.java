package io.holdfast.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.MapperBuilder;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.JsonCodec;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.Map;
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
        // A value is of the type asked for, or refused: nothing is cut or read as something else.
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .withCoercionConfig(
            LogicalType.Textual,
            text ->
                text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
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

  /// A call with these arguments; streams among them stay streams.
  ///
  /// @throws HoldfastException `body_too_large` beyond [RpcCall#BYTES_MAX]
  public RpcCall encodeCall(
      String method, RpcCall.Encoding encoding, @Nullable Object[] arguments) {
    Map<Integer, InputStream> streams = Map.of();
    @Nullable Object[] values = arguments;
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i] instanceof InputStream stream) {
        if (streams.isEmpty()) {
          streams = new HashMap<>();
          values = arguments.clone();
        }
        streams.put(i, stream);
        values[i] = null;
      }
    }
    byte[] bytes = bytes(mapper(encoding), values);
    checkSize(bytes, "arguments of \"" + method + "\"");
    return new RpcCall(method, encoding, bytes, streams);
  }

  private static void checkSize(byte[] bytes, String what) {
    if (bytes.length > RpcCall.BYTES_MAX) {
      throw new HoldfastException(
          ErrorCode.BODY_TOO_LARGE,
          "expected %s of at most %d bytes, found %d; larger content goes as an InputStream"
              .formatted(what, RpcCall.BYTES_MAX, bytes.length));
    }
  }

  /// Reads the arguments of a call. `typesFor` says which types a call of that many arguments
  /// takes.
  ///
  /// @throws HoldfastException `invalid_argument` when the bytes are no array, or an argument is
  ///   not of its type
  public @Nullable Object[] decodeArguments(RpcCall call, IntFunction<Type[]> typesFor) {
    ObjectMapper mapper = mapper(call.encoding());
    Type[] types = typesFor.apply(count(mapper, call));
    @Nullable Object[] arguments = new Object[types.length];
    try (JsonParser parser = mapper.createParser(call.arguments())) {
      parser.nextToken();
      for (int i = 0; i < arguments.length; i++) {
        parser.nextToken();
        arguments[i] = argument(mapper, parser, call, i, types[i]);
      }
    } catch (IOException e) {
      throw unreadable(call.encoding().name(), "an array of arguments", e);
    }
    return arguments;
  }

  /// How many arguments there are; also sees to it that they are well-formed.
  private static int count(ObjectMapper mapper, RpcCall call) {
    try (JsonParser parser = mapper.createParser(call.arguments())) {
      JsonToken first = parser.nextToken();
      if (first != JsonToken.START_ARRAY) {
        throw new HoldfastException(
            ErrorCode.INVALID_ARGUMENT,
            "expected an array of arguments for method \""
                + call.method()
                + "\", found "
                + kindOf(first));
      }
      int count = 0;
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.currentToken() == null) {
          throw new JsonEOFException(parser, null, "the array has no end");
        }
        parser.skipChildren();
        count++;
      }
      if (parser.nextToken() != null) {
        throw new JsonParseException(parser, "there is more after its end");
      }
      return count;
    } catch (IOException e) {
      throw unreadable(call.encoding().name(), "an array of arguments", e);
    }
  }

  private static String kindOf(@Nullable JsonToken token) {
    return switch (token) {
      case null -> "nothing";
      case START_OBJECT -> "object";
      case VALUE_STRING -> "string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "number";
      case VALUE_TRUE, VALUE_FALSE -> "boolean";
      case VALUE_NULL -> "null";
      default -> "other content";
    };
  }

  private static @Nullable Object argument(
      ObjectMapper mapper, JsonParser parser, RpcCall call, int index, Type type) {
    if (type == InputStream.class || call.streams().containsKey(index)) {
      return stream(call, index, type);
    }
    try {
      return mapper
          .readerFor(mapper.constructType(type))
          .without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .readValue(parser);
    } catch (IOException e) {
      throw unreadable(
          call.encoding().name(),
          type.getTypeName() + " as argument " + (index + 1) + " of \"" + call.method() + "\"",
          e);
    }
  }

  private static InputStream stream(RpcCall call, int index, Type type) {
    InputStream stream = call.streams().get(index);
    if (stream == null || type != InputStream.class) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected %s as argument %d of \"%s\", found %s"
              .formatted(
                  type.getTypeName(),
                  index + 1,
                  call.method(),
                  stream == null ? "a value" : "a stream"));
    }
    return stream;
  }

  /// The result of a call; a stream stays one.
  ///
  /// @throws HoldfastException `body_too_large` beyond [RpcCall#BYTES_MAX]
  public RpcResult encodeResult(RpcCall call, @Nullable Object result) {
    if (result instanceof InputStream stream) {
      return new RpcResult.Bytes(stream);
    }
    byte[] bytes = bytes(mapper(call.encoding()), result);
    checkSize(bytes, "a result of \"" + call.method() + "\"");
    return new RpcResult.Value(bytes);
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
      throw unreadable(format, type == Map.class ? "an object" : type.getTypeName(), e);
    }
  }

  private static HoldfastException unreadable(String format, String wanted, IOException e) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT,
        "expected " + wanted + ", found other " + format + ": " + plain(e),
        e);
  }

  /** Without the parser's advice to programmers. */
  private static String plain(IOException e) {
    return switch (e) {
      case JsonEOFException _ -> "its end is missing";
      case JsonProcessingException known ->
          known
              .getOriginalMessage()
              .replaceAll("\\[Source: .*?; line: (\\d+), column: (\\d+)]", "line $1, column $2")
              .replaceFirst(" ?\\(?(for )?enable `.*", "")
              .replaceFirst("^Cannot .* from (\\w+ value) \\(token `.*`\\)", "$1");
      default -> String.valueOf(e.getMessage());
    };
  }
}
