package io.holdfast.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;

/// What the service API answered.
public record Answer(int status, String body) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static Answer of(HttpResponse<String> response) {
    return new Answer(response.statusCode(), response.body());
  }

  static String json(Object... arguments) {
    try {
      return JSON.writeValueAsString(arguments);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  public boolean ok() {
    return status == 200;
  }

  /// The result of a call that succeeded.
  public JsonNode value() {
    if (!ok()) {
      throw new AssertionError("expected a result, found " + this);
    }
    return parsed();
  }

  public int number() {
    return value().intValue();
  }

  public String text() {
    return value().asText();
  }

  /// The code of a call that failed.
  public String code() {
    return error("code").asText();
  }

  public String message() {
    return error("message").asText();
  }

  public boolean flag(String name) {
    return error(name).booleanValue();
  }

  private JsonNode error(String key) {
    if (ok()) {
      throw new AssertionError("expected an error, found " + this);
    }
    return parsed().path("error").path(key);
  }

  private JsonNode parsed() {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new AssertionError("expected JSON, found " + this, e);
    }
  }
}
