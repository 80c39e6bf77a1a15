package io.holdfast.node.files;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.database.RowBytes;
import java.time.Instant;

/// The archive of an object's declared paths, as its own database names it.
///
/// @param pin orders the archives of one object: the higher is the newer
/// @param files how many files, directories and links
/// @param bytes of their contents
/// @param at when it was made
public record KeptFiles(BlobId archive, long pin, long files, long bytes, Instant at) {
  /// The bytes of the row.
  public byte[] encode() {
    return RowBytes.written(out -> {
      out.text(archive.hex());
      out.writeLong(pin);
      out.writeLong(files);
      out.writeLong(bytes);
      out.writeLong(at.toEpochMilli());
    });
  }

  /// Reads what [#encode()] wrote.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt`
  public static KeptFiles decode(byte[] row) {
    return RowBytes.read(
        "the files of an object",
        row,
        in ->
            new KeptFiles(
                BlobId.parse(in.text()),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                Instant.ofEpochMilli(in.readLong())));
  }
}
