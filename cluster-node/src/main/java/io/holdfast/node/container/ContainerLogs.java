package io.holdfast.node.container;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The engine keeps the log of a container as long as it has the container, in files of a stated size, and reads them for
 * whoever asks. So nothing is copied while a container runs and nobody looks: a follower of each container would cost a
 * connection and a thread of the engine each, all the time. What would be lost with the container, the end of its log, is
 * read once, before it is removed.
 */
/// What containers write to stdout and stderr. Thread-safe.
final class ContainerLogs {
  private static final Logger log = LoggerFactory.getLogger(ContainerLogs.class);
  private static final int LINES_MAX = 10_000;

  private final ContainerEngine engine;
  private final ContainerLogSettings settings;
  private final Semaphore followers;

  /** By object, the longest unused first. Guarded by itself. */
  private final SequencedMap<String, byte[]> kept = new LinkedHashMap<>(16, 0.75f, true);

  private long keptBytes;

  ContainerLogs(ContainerEngine engine, ContainerLogSettings settings) {
    this.engine = engine;
    this.settings = settings;
    this.followers = new Semaphore(settings.followersMax());
  }

  /// Keeps the end of the log of a container that is about to be removed; asks the engine.
  void keep(ObjectAddress object, ContainerId id) {
    if (settings.keptBytesMax() == 0) {
      return;
    }
    try {
      byte[] all = engine.logs(id, LINES_MAX).getBytes(StandardCharsets.UTF_8);
      keep(object.key(), end(all));
    } catch (RuntimeException e) {
      log.debug("{}: the end of the log of container {} is lost: {}", object, id, e.getMessage());
    }
  }

  private byte[] end(byte[] all) {
    int start = Math.max(0, all.length - settings.keptBytesMax());
    while (start > 0 && start < all.length && (all[start] & 0xc0) == 0x80) {
      start++; // Not in the middle of a character.
    }
    return Arrays.copyOfRange(all, start, all.length);
  }

  private void keep(String key, byte[] end) {
    synchronized (kept) {
      byte[] before = kept.put(key, end);
      keptBytes += end.length - (before == null ? 0 : before.length);
      while (keptBytes > settings.keptBytesMaxInAll()) {
        Map.Entry<String, byte[]> oldest = kept.pollFirstEntry();
        keptBytes -= oldest.getValue().length;
      }
    }
  }

  /// The last lines: of the container that is there, else of the last one, as far as they were
  /// kept.
  ///
  /// @param running the container that is there
  InputStream tail(ObjectAddress object, Optional<ContainerId> running, int lines) {
    if (running.isPresent()) {
      String text = lines == 0 ? "" : engine.logs(running.get(), lines);
      return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
    byte[] last;
    synchronized (kept) {
      last = kept.getOrDefault(object.key(), new byte[0]);
    }
    int start = startOfLast(last, lines);
    return new ByteArrayInputStream(last, start, last.length - start);
  }

  private static int startOfLast(byte[] text, int lines) {
    int left = lines;
    for (int i = text.length - 1; i >= 0; i--) {
      boolean endsEarlierLine = text[i] == '\n' && i < text.length - 1;
      if (endsEarlierLine && --left == 0) {
        return i + 1;
      }
    }
    return lines == 0 ? text.length : 0;
  }

  /// The last lines and what comes, until the container ends or the stream is closed.
  ///
  /// @throws HoldfastException `node_overloaded` when too many follow
  InputStream follow(ContainerId id, int lines) {
    if (!followers.tryAcquire()) {
      throw new HoldfastException(
          ErrorCode.NODE_OVERLOADED,
          "expected at most "
              + settings.followersMax()
              + " followers of logs (holdfast.containers.logs.followers-max), found more");
    }
    AtomicBoolean left = new AtomicBoolean();
    try {
      return new FilterInputStream(engine.follow(id, lines)) {
        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
          int count = super.read(bytes, offset, length);
          if (count < 0) {
            leave(left);
          }
          return count;
        }

        @Override
        public void close() throws IOException {
          leave(left);
          super.close();
        }
      };
    } catch (RuntimeException e) {
      leave(left);
      throw e;
    }
  }

  private void leave(AtomicBoolean left) {
    if (left.compareAndSet(false, true)) {
      followers.release();
    }
  }
}
