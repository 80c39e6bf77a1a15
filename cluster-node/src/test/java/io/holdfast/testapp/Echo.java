package io.holdfast.testapp;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;

/// Sends bodies back.
public class Echo extends DurableObject {
  private long bytesRead;
  private int entered;

  public Echo(ObjectContext ctx, Env env) {
    super(ctx, env);
  }

  public long bytesRead() {
    return bytesRead;
  }

  public int entered() {
    return ++entered;
  }

  @Override
  public Response fetch(Request request) throws IOException {
    return switch (request.query("how").orElse("")) {
      case "stream" -> Response.of(200, Headers.empty(), Body.of(request.body().stream()));
      case "skip" -> skip(request);
      case "null" -> nothing();
      case "throw" -> throw new IllegalStateException("no answer to " + request.path());
      default -> Response.of(200, Headers.empty(), Body.of(read(request)));
    };
  }

  @SuppressWarnings("NullAway") // What a careless app does.
  private static Response nothing() {
    return null;
  }

  private byte[] read(Request request) throws IOException {
    java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
    try (InputStream in = request.body().stream()) {
      byte[] part = new byte[8192];
      for (int n = in.read(part); n >= 0; n = in.read(part)) {
        bytesRead += n;
        all.write(part, 0, n);
      }
    }
    return all.toByteArray();
  }

  private Response skip(Request request) throws IOException {
    try (InputStream in = request.body().stream()) {
      in.skipNBytes(10);
      return Response.text(String.valueOf((char) in.read()));
    }
  }

  // ---- calls with streams

  /// Reads a stream to its end, or gives up after so many bytes; 0 for never.
  public long count(InputStream in, long giveUpAfter) throws IOException {
    byte[] part = new byte[8192];
    for (int n = in.read(part); n >= 0; n = in.read(part)) {
      bytesRead += n;
      if (giveUpAfter > 0 && bytesRead >= giveUpAfter) {
        return bytesRead;
      }
    }
    return bytesRead;
  }

  /// So many bytes, made as they are read.
  public InputStream letters(long count) {
    return new Letters(count);
  }

  public CompletableFuture<InputStream> lettersSoon(long count) {
    return CompletableFuture.completedFuture(new Letters(count));
  }

  public InputStream noLetters() {
    throw new IllegalStateException("out of letters");
  }
}
