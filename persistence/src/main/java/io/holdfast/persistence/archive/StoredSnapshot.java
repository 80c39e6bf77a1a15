package io.holdfast.persistence.archive;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.database.RowBytes;
import java.time.Instant;
import java.util.Optional;

/// A snapshot that somebody asked for; it does not change any more.
///
/// @param app whose it is; no other app finds it
/// @param id 32 hex digits
/// @param directory what it is of; empty for a whole file system
/// @param image what it belongs to; empty for a directory
/// @param expires when it is given up
public record StoredSnapshot(
    String app,
    String id,
    Optional<String> name,
    Optional<String> directory,
    Optional<String> image,
    BlobId archive,
    long bytes,
    Instant created,
    Instant expires) {

  StoredSnapshot expiring(Instant at) {
    return new StoredSnapshot(app, id, name, directory, image, archive, bytes, created, at);
  }

  byte[] encode() {
    return RowBytes.written(out -> {
      out.text(app);
      out.text(id);
      out.optional(name);
      out.optional(directory);
      out.optional(image);
      out.text(archive.hex());
      out.writeLong(bytes);
      out.writeLong(created.toEpochMilli());
      out.writeLong(expires.toEpochMilli());
    });
  }

  static StoredSnapshot decode(byte[] row) {
    return RowBytes.read(
        "a snapshot",
        row,
        in ->
            new StoredSnapshot(
                in.text(),
                in.text(),
                in.optional(),
                in.optional(),
                in.optional(),
                BlobId.parse(in.text()),
                in.readLong(),
                Instant.ofEpochMilli(in.readLong()),
                Instant.ofEpochMilli(in.readLong())));
  }
}
