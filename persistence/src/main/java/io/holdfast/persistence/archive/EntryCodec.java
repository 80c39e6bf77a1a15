package io.holdfast.persistence.archive;

import io.holdfast.persistence.archive.ArchiveEntry.Attributes;
import io.holdfast.persistence.archive.ArchiveEntry.Directory;
import io.holdfast.persistence.archive.ArchiveEntry.Fifo;
import io.holdfast.persistence.archive.ArchiveEntry.HardLink;
import io.holdfast.persistence.archive.ArchiveEntry.RegularFile;
import io.holdfast.persistence.archive.ArchiveEntry.Slice;
import io.holdfast.persistence.archive.ArchiveEntry.SymbolicLink;
import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.database.RowBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The bytes of a list of entries. The numbers of the kinds are stored: never change them.
final class EntryCodec {
  private static final int DIRECTORY = 1;
  private static final int FILE = 2;
  private static final int SYMBOLIC_LINK = 3;
  private static final int HARD_LINK = 4;
  private static final int FIFO = 5;

  private EntryCodec() {}

  static byte[] encode(List<ArchiveEntry> entries) {
    return RowBytes.written(out -> {
      out.writeInt(entries.size());
      for (ArchiveEntry entry : entries) {
        write(entry, out);
      }
    });
  }

  private static void write(ArchiveEntry entry, RowBytes.Out out) throws IOException {
    out.writeByte(
        switch (entry) {
          case Directory _ -> DIRECTORY;
          case RegularFile _ -> FILE;
          case SymbolicLink _ -> SYMBOLIC_LINK;
          case HardLink _ -> HARD_LINK;
          case Fifo _ -> FIFO;
        });
    out.text(entry.path());
    write(entry.attributes(), out);
    switch (entry) {
      case Directory _, Fifo _ -> {}
      case SymbolicLink link -> out.text(link.target());
      case HardLink link -> out.text(link.target());
      case RegularFile file -> write(file, out);
    }
  }

  private static void write(Attributes attributes, RowBytes.Out out) throws IOException {
    out.writeShort(attributes.mode());
    out.writeLong(attributes.uid());
    out.writeLong(attributes.gid());
    out.writeLong(attributes.mtimeSeconds());
    out.writeShort(attributes.extended().size());
    for (Map.Entry<String, String> each : new TreeMap<>(attributes.extended()).entrySet()) {
      out.text(each.getKey());
      out.text(each.getValue());
    }
  }

  private static void write(RegularFile file, RowBytes.Out out) throws IOException {
    out.writeLong(file.size());
    out.writeBoolean(file.content().isPresent());
    if (file.content().isPresent()) {
      out.write(file.content().get().bytes());
    }
    out.writeInt(file.slices().size());
    for (Slice slice : file.slices()) {
      out.writeInt(slice.piece());
      out.writeInt(slice.offset());
      out.writeInt(slice.length());
    }
  }

  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt`
  static List<ArchiveEntry> decode(byte[] bytes) {
    return RowBytes.read(
        "the entries of an archive",
        bytes,
        in -> {
          List<ArchiveEntry> entries = new ArrayList<>();
          for (int left = in.readInt(); left > 0; left--) {
            entries.add(entry(in));
          }
          return entries;
        });
  }

  private static ArchiveEntry entry(RowBytes.In in) throws IOException {
    int kind = in.readUnsignedByte();
    String path = in.text();
    Attributes attributes = attributes(in);
    return switch (kind) {
      case DIRECTORY -> new Directory(path, attributes);
      case FILE -> file(path, attributes, in);
      case SYMBOLIC_LINK -> new SymbolicLink(path, attributes, in.text());
      case HARD_LINK -> new HardLink(path, attributes, in.text());
      case FIFO -> new Fifo(path, attributes);
      default -> throw new IOException("an entry of kind " + kind);
    };
  }

  private static Attributes attributes(RowBytes.In in) throws IOException {
    int mode = in.readUnsignedShort();
    long uid = in.readLong();
    long gid = in.readLong();
    long mtime = in.readLong();
    Map<String, String> extended = new TreeMap<>();
    for (int left = in.readUnsignedShort(); left > 0; left--) {
      String name = in.text();
      extended.put(name, in.text());
    }
    return new Attributes(mode, uid, gid, mtime, extended);
  }

  private static RegularFile file(String path, Attributes attributes, RowBytes.In in)
      throws IOException {
    long size = in.readLong();
    Optional<BlobId> content = Optional.empty();
    if (in.readBoolean()) {
      byte[] digest = new byte[BlobId.LENGTH];
      in.readFully(digest);
      content = Optional.of(BlobId.read(ByteBuffer.wrap(digest)));
    }
    List<Slice> slices = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      slices.add(new Slice(in.readInt(), in.readInt(), in.readInt()));
    }
    return new RegularFile(path, attributes, size, content, slices);
  }
}
