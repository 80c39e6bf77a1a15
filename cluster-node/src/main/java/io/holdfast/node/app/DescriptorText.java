package io.holdfast.node.app;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The JSON of a descriptor: UTF-8, comments and trailing commas allowed, no key twice.
final class DescriptorText {
  private static final int NESTING_MAX = 100;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(NESTING_MAX).build())
                  .build())
          .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS, JsonReadFeature.ALLOW_TRAILING_COMMA)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private DescriptorText() {}

  /// The document; empty when problems were found.
  static Optional<JsonNode> parse(byte[] utf8, Problems problems) {
    return decode(utf8, problems).flatMap(text -> tree(text, problems));
  }

  private static Optional<String> decode(byte[] utf8, Problems problems) {
    if (utf8.length > AppDescriptor.BYTES_MAX) {
      problems.add(
          AppDescriptor.FILE,
          "at most " + AppDescriptor.BYTES_MAX + " bytes",
          utf8.length + " bytes");
      return Optional.empty();
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
      return Optional.of(text.startsWith("\uFEFF") ? text.substring(1) : text);
    } catch (CharacterCodingException e) {
      problems.add(AppDescriptor.FILE, "UTF-8 text", "other bytes");
      return Optional.empty();
    }
  }

  private static Optional<JsonNode> tree(String text, Problems problems) {
    try (JsonParser parser = MAPPER.createParser(text)) {
      JsonNode document = MAPPER.readTree(parser);
      if (document != null && parser.nextToken() != null) {
        report(problems, parser.currentTokenLocation(), "more text after its end");
      }
      return Optional.of(document == null ? MissingNode.getInstance() : document);
    } catch (JsonProcessingException e) {
      report(problems, e.getLocation(), plain(e.getOriginalMessage()));
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Text in memory.
    }
  }

  private static void report(Problems problems, @Nullable JsonLocation at, String found) {
    problems.add(
        AppDescriptor.FILE
            + (at == null ? "" : " line " + at.getLineNr() + ", column " + at.getColumnNr()),
        "JSON (comments and trailing commas allowed)",
        found);
  }

  /// Without the parser's advice to Java programmers.
  private static String plain(String message) {
    return message
        .replaceAll("\\[Source: .*?; line: (\\d+), column: (\\d+)]", "line $1, column $2")
        .replaceFirst(": enable `JsonReadFeature.*", "");
  }
}
