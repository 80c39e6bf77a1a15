package io.holdfast.engine.docker;

import com.github.dockerjava.api.exception.NotFoundException;
import io.holdfast.engine.ContainerLabels;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Date;
import java.util.HexFormat;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/*
 * A network namespace that Docker shall know must belong to a running container, and a container needs a program. Ours
 * waits for a signal for ever, in ten bytes of machine code:
 *
 *   b8 22 00 00 00    mov eax, 34     pause(2)
 *   0f 05             syscall
 *   eb f7             jmp -9
 *
 * behind the two headers that Linux asks of an executable. Nothing is compiled or pulled; the image is the same, bit by
 * bit, wherever it is made, so that loading it twice leaves one.
 */
/// The image of the containers that hold network namespaces open: one program of 129 bytes.
final class SlotImage {
  /// The architecture it is made for, as Docker tells it.
  static final String ARCHITECTURE = "x86_64";

  static final String PROGRAM = "/hold";

  private static final String REFERENCE = "holdfast-slot:1";
  private static final long LOAD_ADDRESS = 0x400000;
  private static final byte[] CODE = HexFormat.of().parseHex("b8220000000f05ebf7");
  private static final short HEADER_BYTES = 64;
  private static final short SEGMENT_HEADER_BYTES = 56;

  private final DockerConnection docker;
  private final ReentrantLock loading = new ReentrantLock();

  SlotImage(DockerConnection docker) {
    this.docker = docker;
  }

  /// The id of the image, which is loaded first when the engine does not have it.
  String ensure() {
    loading.lock();
    try {
      return load();
    } finally {
      loading.unlock();
    }
  }

  private String load() {
    byte[] layer = tar("hold", program(), 0555);
    byte[] config = config(layer).getBytes(StandardCharsets.UTF_8);
    String id = "sha256:" + sha256(config);
    try {
      Object _ = docker.call(() -> docker.client().inspectImageCmd(id).exec());
    } catch (NotFoundException _) {
      byte[] archive = archive(layer, config);
      docker.run(() -> docker.client().loadImageCmd(new ByteArrayInputStream(archive)).exec());
    }
    return id;
  }

  /// An executable for Linux on x86-64, without libraries and sections.
  static byte[] program() {
    int headers = HEADER_BYTES + SEGMENT_HEADER_BYTES;
    int length = headers + CODE.length;
    return ByteBuffer.allocate(length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(HexFormat.of().parseHex("7f454c46020101" + "00".repeat(9))) // 64 bits, little-endian
        .putShort((short) 2) // an executable
        .putShort((short) 62) // for x86-64
        .putInt(1)
        .putLong(LOAD_ADDRESS + headers) // begins right behind the headers
        .putLong(HEADER_BYTES) // where the header of the segment is
        .putLong(0) // no sections
        .putInt(0)
        .putShort(HEADER_BYTES)
        .putShort(SEGMENT_HEADER_BYTES)
        .putShort((short) 1)
        .putShort((short) 0)
        .putShort((short) 0)
        .putShort((short) 0)
        .putInt(1) // the segment is loaded
        .putInt(5) // to be read and executed
        .putLong(0)
        .putLong(LOAD_ADDRESS)
        .putLong(LOAD_ADDRESS)
        .putLong(length)
        .putLong(length)
        .putLong(0x1000)
        .put(CODE)
        .array();
  }

  private static String config(byte[] layer) {
    return """
    {"architecture":"amd64","os":"linux","created":"1970-01-01T00:00:00Z",\
    "config":{"Entrypoint":["%s"],"StopSignal":"SIGKILL","Labels":{"%s":"image"}},\
    "rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}\
    """
        .formatted(PROGRAM, ContainerLabels.SLOT, sha256(layer));
  }

  private static byte[] archive(byte[] layer, byte[] config) {
    String configName = sha256(config) + ".json";
    String manifest =
        """
        [{"Config":"%s","RepoTags":["%s"],"Layers":["layer.tar"]}]\
        """
            .formatted(configName, REFERENCE);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      put(tar, "layer.tar", layer, 0444);
      put(tar, configName, config, 0444);
      put(tar, "manifest.json", manifest.getBytes(StandardCharsets.UTF_8), 0444);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] tar(String name, byte[] content, int mode) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      put(tar, name, content, mode);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return bytes.toByteArray();
  }

  private static void put(TarArchiveOutputStream tar, String name, byte[] content, int mode)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(content.length);
    entry.setMode(mode);
    entry.setModTime(new Date(0));
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
