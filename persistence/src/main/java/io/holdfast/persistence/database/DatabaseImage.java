package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;

/// The pages of a SQLite database at the end of a transaction. Immutable: nobody changes the array
/// once it is in here.
///
/// @param bytes the pages, one after the other
/// @param pageSize bytes per page; a power of two from 512 to 65,536
public record DatabaseImage(byte[] bytes, int pageSize) {
  /// The page size of the databases we create.
  public static final int DEFAULT_PAGE_SIZE = 4096;

  /// A database that was never written.
  public static final DatabaseImage EMPTY = new DatabaseImage(new byte[0], DEFAULT_PAGE_SIZE);

  public DatabaseImage {
    if (Integer.bitCount(pageSize) != 1 || pageSize < 512 || pageSize > 65_536) {
      throw new HoldfastException(
          ErrorCode.STORAGE_CORRUPT,
          "expected a page size of a power of two from 512 to 65536, found " + pageSize);
    }
    if (bytes.length % pageSize != 0) {
      throw new HoldfastException(
          ErrorCode.STORAGE_CORRUPT,
          "expected an image of whole pages of "
              + pageSize
              + " bytes, found "
              + bytes.length
              + " bytes");
    }
  }

  public int pageCount() {
    return bytes.length / pageSize;
  }

  public boolean isEmpty() {
    return bytes.length == 0;
  }
}
