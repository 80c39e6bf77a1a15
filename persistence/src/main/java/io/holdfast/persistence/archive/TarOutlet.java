package io.holdfast.persistence.archive;

import io.holdfast.persistence.archive.ArchiveEntry.Directory;
import io.holdfast.persistence.archive.ArchiveEntry.Fifo;
import io.holdfast.persistence.archive.ArchiveEntry.HardLink;
import io.holdfast.persistence.archive.ArchiveEntry.RegularFile;
import io.holdfast.persistence.archive.ArchiveEntry.Slice;
import io.holdfast.persistence.archive.ArchiveEntry.SymbolicLink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/*
 * Unpacking a tar merges directories, so files of the image that the container had removed would be back. But a file in the
 * place of a directory replaces it, and a directory in the place of a file as well: an empty file of the same name, and then
 * the directory, makes room.
 */
/// A tree as a tar, made while it is read. Not thread-safe.
final class TarOutlet extends InputStream {
  private final Manifest manifest;
  private final Iterator<ArchiveEntry> entries;
  private final Set<String> cleared;
  private final Placement placement;
  private final PieceReader pieces;
  private final ArchiveProgress progress;
  private final Runnable atClose;
  private final Buffer buffer = new Buffer();
  private final TarArchiveOutputStream tar = new TarArchiveOutputStream(buffer, 512, "UTF-8");
  private Iterator<Slice> slices = List.<Slice>of().iterator();
  private boolean inFile;
  private boolean ended;
  private int at;

  /** Bytes that were made and not yet read. */
  private static final class Buffer extends ByteArrayOutputStream {
    byte[] bytes() {
      return buf;
    }
  }

  TarOutlet(
      Manifest manifest,
      List<ArchiveEntry> entries,
      Placement placement,
      PieceReader pieces,
      ArchiveProgress progress,
      Runnable atClose) {
    this.manifest = manifest;
    this.entries = entries.iterator();
    this.cleared = Set.copyOf(manifest.cleared());
    this.placement = placement;
    this.pieces = pieces;
    this.progress = progress;
    this.atClose = atClose;
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    while (at == buffer.size() && !ended) {
      buffer.reset();
      at = 0;
      makeMore();
    }
    if (at == buffer.size()) {
      return -1;
    }
    int count = Math.min(length, buffer.size() - at);
    System.arraycopy(buffer.bytes(), at, bytes, offset, count);
    at += count;
    return count;
  }

  private void makeMore() throws IOException {
    if (slices.hasNext()) {
      Slice slice = slices.next();
      byte[] content = pieces.read(manifest.pieces().get(slice.piece()).id());
      tar.write(content, slice.offset(), slice.length());
      progress.bytes(slice.length());
    } else if (inFile) {
      tar.closeArchiveEntry();
      inFile = false;
    } else if (entries.hasNext()) {
      ArchiveEntry entry = entries.next();
      String name = placement.placed().apply(entry.path());
      if (!placement.hides(name)) {
        begin(entry, name);
      }
    } else {
      tar.finish();
      ended = true;
    }
  }

  private void begin(ArchiveEntry entry, String name) throws IOException {
    boolean replaced = entry instanceof Directory && cleared.contains(entry.path());
    if (replaced && !placement.fixed().contains(name)) {
      TarArchiveEntry room = new TarArchiveEntry(name);
      room.setSize(0);
      tar.putArchiveEntry(room);
      tar.closeArchiveEntry();
    }
    tar.putArchiveEntry(header(entry, name));
    progress.file();
    if (entry instanceof RegularFile file) {
      slices = file.slices().iterator();
      inFile = true;
    } else {
      tar.closeArchiveEntry();
    }
  }

  private TarArchiveEntry header(ArchiveEntry entry, String name) {
    TarArchiveEntry header =
        switch (entry) {
          case Directory _ -> new TarArchiveEntry(name + "/");
          case RegularFile file -> sized(new TarArchiveEntry(name), file.size());
          case SymbolicLink link ->
              linked(new TarArchiveEntry(name, TarConstants.LF_SYMLINK), link.target());
          case HardLink link ->
              linked(
                  new TarArchiveEntry(name, TarConstants.LF_LINK),
                  placement.placed().apply(link.target()));
          case Fifo _ -> new TarArchiveEntry(name, TarConstants.LF_FIFO);
        };
    ArchiveEntry.Attributes attributes = entry.attributes();
    header.setMode(attributes.mode());
    header.setUserId(attributes.uid());
    header.setGroupId(attributes.gid());
    header.setLastModifiedTime(FileTime.from(Instant.ofEpochSecond(attributes.mtimeSeconds())));
    attributes
        .extended()
        .forEach((key, value) -> header.addPaxHeader("SCHILY.xattr." + key, value));
    return header;
  }

  private static TarArchiveEntry sized(TarArchiveEntry header, long size) {
    header.setSize(size);
    return header;
  }

  private static TarArchiveEntry linked(TarArchiveEntry header, String target) {
    header.setLinkName(target);
    return header;
  }

  @Override
  public void close() {
    atClose.run();
  }
}
