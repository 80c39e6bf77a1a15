package io.holdfast.dockertests;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The least that Docker takes: requests written by hand to its socket, with nothing in a container
/// but its image and its network.
final class DockerFloor {
  private static final Pattern ID = Pattern.compile("\"Id\":\"([0-9a-f]{64})\"");

  private DockerFloor() {}

  /// Creates and starts one; returns its id.
  ///
  /// @param network as in `docker run --network`
  static String run(String image, String network) throws IOException {
    return create(
        "{\"Image\":\"%s\",\"HostConfig\":{\"NetworkMode\":\"%s\"}}".formatted(image, network));
  }

  /// One on the default bridge that does nothing, for its network.
  static String holder(String image) throws IOException {
    return create(
        "{\"Image\":\"%s\",\"Entrypoint\":[\"sh\",\"-c\",\"sleep 3600\"]}".formatted(image));
  }

  private static String create(String json) throws IOException {
    String created = ask("POST", "/containers/create", json);
    Matcher id = ID.matcher(created);
    if (!id.find()) {
      throw new IOException("expected an id, found " + created);
    }
    ask("POST", "/containers/" + id.group(1) + "/start", "");
    return id.group(1);
  }

  static void pause(String id) throws IOException {
    ask("POST", "/containers/" + id + "/pause", "");
  }

  static void unpause(String id) throws IOException {
    ask("POST", "/containers/" + id + "/unpause", "");
  }

  static void remove(String id) throws IOException {
    ask("DELETE", "/containers/" + id + "?force=1&v=1", "");
  }

  private static String ask(String method, String path, String json) throws IOException {
    byte[] request =
        "%s %s HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(method, path, json.length(), json)
            .getBytes(UTF_8);
    try (SocketChannel channel = SocketChannel.open(DockerCommand.SOCKET)) {
      ByteBuffer out = ByteBuffer.wrap(request);
      while (out.hasRemaining()) {
        channel.write(out);
      }
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      ByteBuffer in = ByteBuffer.allocate(4_096);
      while (channel.read(in) >= 0) {
        answer.write(in.array(), 0, in.position());
        in.clear();
      }
      String text = answer.toString(UTF_8);
      if (!text.startsWith("HTTP/1.1 20")) {
        throw new IOException("expected %s %s to succeed, found %s".formatted(method, path, text));
      }
      return text;
    }
  }
}
