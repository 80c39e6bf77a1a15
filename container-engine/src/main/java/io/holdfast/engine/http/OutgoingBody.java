package io.holdfast.engine.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;
import org.jspecify.annotations.Nullable;

/// A body as the codec wants it; its length is in the headers already.
public final class OutgoingBody extends AbstractHttpEntity {
  private static final @Nullable String NO_TYPE = null;

  private final Writer writer;

  /// Writes the body when the codec has made ready for it.
  public interface Writer {
    void write(OutputStream out) throws IOException;
  }

  public OutgoingBody(Writer writer) {
    super(NO_TYPE, null, false);
    this.writer = writer;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    writer.write(out);
  }

  @Override
  public long getContentLength() {
    return -1;
  }

  @Override
  public InputStream getContent() {
    throw new UnsupportedOperationException("this body is only written");
  }

  @Override
  public boolean isStreaming() {
    return true;
  }

  @Override
  public void close() {}
}
