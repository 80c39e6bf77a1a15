package io.holdfast.persistence.copy;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.copy.ObjectRecord.Begin;
import io.holdfast.persistence.copy.ObjectRecord.Event;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Copies all of a store to a file, and a file to a store, while nothing else uses the store.
/// Blocks.
///
/// An import reads the whole file before it writes anything, and can be repeated after it was
/// broken off: it takes a store that is empty or that has the beginning of the same.
public final class StoreCopy {
  private final RecordFile file;

  public StoreCopy(Path file) {
    this.file = new RecordFile(file);
  }

  /// How much was copied.
  public record Sum(long objects, long events, long blobs) {}

  /// Writes a new file.
  ///
  /// @throws HoldfastException `invalid_argument` when it is there already; `storage_failed`
  public Sum export(StoreContent from) {
    Counting sum = new Counting();
    file.write(to -> {
      try {
        from.objects().forEach(record -> tell(() -> to.object(sum.counted(record))));
        // References first: whoever reads them later finds all blobs that these name.
        from.archives().forEach("", (key, row) -> tell(() -> to.reference(key, row)));
        from.blobs()
            .forEach(id -> {
              Optional<byte[]> bytes = from.blobs().get(id);
              bytes.ifPresent(found -> tell(() -> to.blob(id, sum.counted(found))));
            });
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    });
    return sum.sum();
  }

  private interface Telling {
    void run() throws IOException;
  }

  private static void tell(Telling telling) {
    try {
      telling.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Stores all that is in the file.
  ///
  /// @throws HoldfastException `invalid_argument` when it is no such file or damaged, when the
  ///   store has something else in it, or when objects may not come there, and then nothing was
  ///   written; `storage_failed`
  public Sum importInto(StoreContent to) {
    Ends there = new Ends();
    to.objects().forEach(there::add);
    file.read(new Check(to.objects(), there));
    there.requireNone();
    Filling filling = new Filling(to);
    file.read(filling);
    return filling.finished();
  }

  /** How far a store has each object. */
  private static final class Ends {
    /**
     * @param number of its last event, or up to which all were deleted
     * @param content of the last event
     */
    private record End(long number, Optional<BlobId> content) {}

    private final Map<String, End> ends = new HashMap<>();

    static End of(Event event) {
      return new End(event.sequenceNr(), Optional.of(BlobId.of(event.payload().bytes())));
    }

    void add(ObjectRecord record) {
      switch (record) {
        case Begin begin ->
            ends.put(begin.persistenceId(), new End(begin.deletedTo(), Optional.empty()));
        case Event event -> ends.put(event.persistenceId(), of(event));
        default -> {}
      }
    }

    /** What is there is the beginning of what the file has. */
    void seen(ObjectRecord record) {
      End end = ends.get(record.persistenceId());
      if (end == null) {
        return;
      }
      boolean fits =
          switch (record) {
            case Begin begin -> end.content().isEmpty() && end.number() <= begin.deletedTo();
            case Event event -> end.equals(of(event));
            default -> false;
          };
      if (fits) {
        ends.remove(record.persistenceId());
      }
    }

    void requireNone() {
      if (!ends.isEmpty()) {
        throw new HoldfastException(
            ErrorCode.INVALID_ARGUMENT,
            "expected a store that is empty or has the beginning of this file, found %d other objects, such as %s"
                .formatted(ends.size(), ends.keySet().iterator().next()));
      }
    }
  }

  private record Check(ObjectRecords to, Ends there) implements RecordFile.Visitor {
    @Override
    public void object(ObjectRecord record) {
      if (record instanceof Begin begin) {
        to.require(begin.objectKey());
      }
      there.seen(record);
    }

    @Override
    public void reference(String key, byte[] row) {}

    @Override
    public void blob(BlobId id, byte[] bytes) {}
  }

  private static final class Filling implements RecordFile.Visitor {
    private final StoreContent to;
    private final Counting sum = new Counting();
    private final Map<String, byte[]> references = new HashMap<>();

    Filling(StoreContent to) {
      this.to = to;
    }

    @Override
    public void object(ObjectRecord record) {
      to.objects().put(sum.counted(record));
    }

    @Override
    public void reference(String key, byte[] row) {
      references.put(key, row);
    }

    @Override
    public void blob(BlobId id, byte[] bytes) {
      to.blobs().put(id, sum.counted(bytes));
    }

    /** What is named has to be there before. */
    Sum finished() {
      to.objects().sync();
      to.blobs().sync();
      references.forEach(to.archives()::put);
      return sum.sum();
    }
  }

  private static final class Counting {
    private long objects;
    private long events;
    private long blobs;

    ObjectRecord counted(ObjectRecord record) {
      switch (record) {
        case Begin _ -> objects++;
        case Event _ -> events++;
        default -> {}
      }
      return record;
    }

    byte[] counted(byte[] blob) {
      blobs++;
      return blob;
    }

    Sum sum() {
      return new Sum(objects, events, blobs);
    }
  }
}
