package io.holdfast.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Requests to the admin API of one node. Each blocks until it is answered.
final class AdminClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);

  /// Above the node's own limit for a request.
  private static final Duration ANSWER_MAX = Duration.ofMinutes(6);

  private final URI node;
  private final String token;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_MAX)
          .build();

  AdminClient(URI node, String token) {
    this.node = node;
    this.token = token;
  }

  /// What is asked of an object or, without a name, of a namespace.
  ///
  /// @param parameters those that are empty are left out
  record Call(
      String namespace, Optional<String> name, String verb, Map<String, String> parameters) {
    static Call of(String namespace, String name, String verb) {
      return new Call(namespace, Optional.of(name), verb, new LinkedHashMap<>());
    }

    static Call of(String namespace) {
      return new Call(namespace, Optional.empty(), "", new LinkedHashMap<>());
    }

    Call with(String parameter, Object value) {
      parameters.put(parameter, value.toString());
      return this;
    }

    Call with(String parameter, Optional<?> value) {
      value.ifPresent(given -> parameters.put(parameter, given.toString()));
      return this;
    }

    private String path() {
      String objects = "/admin/v1/namespaces/" + encoded(namespace) + "/objects";
      return name.map(known -> objects + "/" + encoded(known) + "/" + verb).orElse(objects);
    }

    private String query() {
      return parameters.isEmpty()
          ? ""
          : parameters.entrySet().stream()
              .map(each -> each.getKey() + "=" + encoded(each.getValue()))
              .collect(Collectors.joining("&", "?", ""));
    }
  }

  /// A path below `/admin/v1/`, its parts encoded.
  static String path(String... parts) {
    return Arrays.stream(parts)
        .map(AdminClient::encoded)
        .collect(Collectors.joining("/", "/admin/v1/", ""));
  }

  /// Asks for something that is about no object.
  ///
  /// @param parameters those that are empty are left out
  JsonNode get(String path, Map<String, Optional<String>> parameters) {
    return send(request(path + query(parameters)).GET().build());
  }

  /// Has something done that needs no parameters.
  JsonNode post(String path) {
    return send(
        request(path)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{}"))
            .build());
  }

  /// Asks for a text that may take for ever to come to its end; close it.
  ///
  /// @throws Refusal when the node refuses or cannot be reached
  InputStream text(String path, Map<String, Optional<String>> parameters) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(node + path + query(parameters)))
            .header("authorization", "Bearer " + token)
            .GET()
            .build();
    HttpResponse<InputStream> response = answer(request, HttpResponse.BodyHandlers.ofInputStream());
    if (response.statusCode() == 200) {
      return response.body();
    }
    try (InputStream body = response.body()) {
      String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
      throw refusal(response.statusCode(), parsed(response.statusCode(), text));
    } catch (IOException e) {
      throw new Refusal("the answer of the node at " + node + " broke off: " + e, e);
    }
  }

  private static String query(Map<String, Optional<String>> parameters) {
    return parameters.entrySet().stream()
        .filter(each -> each.getValue().isPresent())
        .map(each -> each.getKey() + "=" + encoded(each.getValue().get()))
        .collect(Collectors.joining("&", "?", ""))
        .replaceFirst("^\\?$", "");
  }

  /// Asks.
  ///
  /// @throws Refusal when the node refuses or cannot be reached
  JsonNode get(Call call) {
    return send(request(call.path() + call.query()).GET().build());
  }

  /// Has something done.
  ///
  /// @throws Refusal when the node refuses or cannot be reached
  JsonNode post(Call call) {
    String body = JSON.valueToTree(call.parameters).toString();
    return send(
        request(call.path())
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private HttpRequest.Builder request(String pathAndQuery) {
    return HttpRequest.newBuilder(URI.create(node + pathAndQuery))
        .timeout(ANSWER_MAX)
        .header("authorization", "Bearer " + token);
  }

  private JsonNode send(HttpRequest request) {
    HttpResponse<String> response = answer(request, HttpResponse.BodyHandlers.ofString());
    JsonNode json = parsed(response.statusCode(), response.body());
    if (response.statusCode() == 200) {
      return json;
    }
    throw refusal(response.statusCode(), json);
  }

  private static Refusal refusal(int status, JsonNode answer) {
    JsonNode error = answer.path("error");
    return new Refusal(
        "%s (%s, HTTP %d, request %s)"
            .formatted(
                error.path("message").asText(),
                error.path("code").asText(),
                status,
                error.path("requestId").asText()),
        null);
  }

  private <T> HttpResponse<T> answer(HttpRequest request, HttpResponse.BodyHandler<T> as) {
    try {
      return http.send(request, as);
    } catch (ConnectException e) {
      throw new Refusal("no node answers at " + node + "; is it running, and is --url right?", e);
    } catch (IOException e) {
      throw new Refusal("the node at " + node + " did not answer: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Refusal("interrupted", e);
    }
  }

  private JsonNode parsed(int status, String body) {
    try {
      JsonNode json = JSON.readTree(body);
      if (json != null && (status == 200 || json.path("error").isObject())) {
        return json;
      }
    } catch (JsonProcessingException _) {
      // Told below.
    }
    throw new Refusal(
        "expected the answer of a Holdfast node at %s, found HTTP %d with another content"
            .formatted(node, status),
        null);
  }

  /// For paths and queries: percent-encoded, also the dots that would be taken for folders.
  private static String encoded(String text) {
    String encoded = URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    return List.of(".", "..").contains(encoded) ? encoded.replace(".", "%2E") : encoded;
  }

  @Override
  public void close() {
    http.close();
  }
}
