package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.blob.FileBlobStore;
import io.holdfast.persistence.copy.ObjectRecord;
import io.holdfast.persistence.copy.ObjectRecord.Alarm;
import io.holdfast.persistence.copy.ObjectRecord.Begin;
import io.holdfast.persistence.copy.ObjectRecord.Chunk;
import io.holdfast.persistence.copy.ObjectRecord.Event;
import io.holdfast.persistence.copy.ObjectRecord.Payload;
import io.holdfast.persistence.copy.ObjectRecord.Snapshot;
import io.holdfast.persistence.copy.StoreContent;
import io.holdfast.persistence.copy.StoreCopy;
import io.holdfast.persistence.pg1.ChunkMap;
import io.holdfast.persistence.store.ChunkRows;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A store in a file, and from there in another store.
class StoreCopyTest {
  private static final String KEY = "app.rooms/" + "a".repeat(64);
  private static final String OTHER_KEY = "app.rooms/" + "b".repeat(64);
  private static final String ID = "object|" + KEY;
  private static final String OTHER_ID = "object|" + OTHER_KEY;
  private static final byte[] BLOB = "what a container left".getBytes(UTF_8);

  @TempDir Path directory;
  private EmbeddedStore from;
  private EmbeddedStore to;
  private Path file;

  @BeforeEach
  void open() {
    from = Stores.open(directory.resolve("from"));
    to = Stores.open(directory.resolve("to"));
    file = directory.resolve("all.holdfast");
  }

  @AfterEach
  void close() {
    from.close();
    to.close();
  }

  private StoreContent content(EmbeddedStore store) {
    Path blobs = directory.resolve(store == from ? "from-files" : "to-files");
    return new StoreContent(store.records(), store.archives(), FileBlobStore.open(blobs, 0));
  }

  private static Event event(String id, long number, String text) {
    return new Event(
        id, number, 1_000 + number, "writer", "", new Payload(17, "pg1", text.getBytes(UTF_8)));
  }

  /** All kinds of records, of two objects. */
  private static List<ObjectRecord> records() {
    List<ObjectRecord> all = new ArrayList<>();
    all.add(new Begin(ID, 2));
    all.add(new Chunk(ID, new ChunkRows.Key(0, new ChunkMap.Version(1, 1)), new byte[5_000]));
    all.add(new Snapshot(ID, 2, 1_500, new Payload(17, "img1", new byte[] {1, 2, 3})));
    all.add(event(ID, 3, "three"));
    all.add(event(ID, 4, "four"));
    all.add(new Alarm(ID, 9_000));
    all.add(new Begin(OTHER_ID, 0));
    all.add(event(OTHER_ID, 1, "one"));
    return all;
  }

  private static void put(EmbeddedStore store, List<ObjectRecord> records) {
    var target = store.records();
    records.forEach(target::put);
    target.sync();
  }

  private static List<ObjectRecord> all(EmbeddedStore store) {
    List<ObjectRecord> all = new ArrayList<>();
    store.records().forEach(all::add);
    return all;
  }

  private void fillFrom() {
    put(from, records());
    StoreContent content = content(from);
    content.blobs().put(BlobId.of(BLOB), BLOB);
    content.blobs().sync();
    content.archives().put("owner/name", new byte[] {7});
  }

  @Test
  void allThatIsStoredIsThereInTheOtherStore() {
    fillFrom();
    StoreCopy.Sum exported = new StoreCopy(file).export(content(from));
    StoreCopy.Sum imported = new StoreCopy(file).importInto(content(to));
    assertThat(exported).isEqualTo(new StoreCopy.Sum(2, 3, 1)).isEqualTo(imported);
    assertThat(all(to)).usingRecursiveComparison().isEqualTo(all(from)).isEqualTo(records());
    assertThat(content(to).blobs().get(BlobId.of(BLOB))).contains(BLOB);
    assertThat(content(to).archives().get("owner/name")).contains(new byte[] {7});
    assertThat(to.alarms().alarmOf(KEY)).hasValue(9_000);
  }

  @Test
  void numbersOfDeletedEventsAreNotUsedAgain() {
    put(from, List.of(event(ID, 1, "one"), event(ID, 2, "two")));
    put(from, List.of(new Snapshot(ID, 2, 1_500, new Payload(17, "img1", new byte[1]))));
    from.write(
            ID,
            0,
            group -> {
              group.deleteEvents(RowKey.of(ID, 0), RowKey.after(ID, 2));
              group.putHighest(RowKey.of(ID, 2));
            })
        .join();
    new StoreCopy(file).export(content(from));
    new StoreCopy(file).importInto(content(to));
    assertThat(to.read(ID, tables -> Numbering.of(tables, ID)).join().highest()).isEqualTo(2);
  }

  @Test
  void anImportThatWasBrokenOffIsRepeated() {
    fillFrom();
    new StoreCopy(file).export(content(from));
    put(to, records().subList(0, 4));
    new StoreCopy(file).importInto(content(to));
    assertThat(all(to)).usingRecursiveComparison().isEqualTo(records());
  }

  @Test
  void aStoreWithOtherObjectsIsRefusedAndLeftAlone() {
    fillFrom();
    new StoreCopy(file).export(content(from));
    List<ObjectRecord> other = List.of(new Begin(ID, 0), event(ID, 4, "another four"));
    put(to, other);
    List<ObjectRecord> before = all(to);
    assertThatThrownBy(() -> new StoreCopy(file).importInto(content(to)))
        .isInstanceOf(HoldfastException.class)
        .hasMessage(
            "expected a store that is empty or has the beginning of this file, found 1 other objects, such as %s",
            ID);
    assertThat(all(to)).usingRecursiveComparison().isEqualTo(before);
  }

  @Test
  void aStoreThatHasGoneOnIsRefused() {
    fillFrom();
    new StoreCopy(file).export(content(from));
    put(to, records());
    put(to, List.of(event(ID, 5, "five")));
    assertThatThrownBy(() -> new StoreCopy(file).importInto(content(to)))
        .hasMessageContaining("found 1 other objects");
  }

  @Test
  void aFileThatIsThereIsNotOverwritten() throws IOException {
    Files.writeString(file, "mine");
    assertThatThrownBy(() -> new StoreCopy(file).export(content(from)))
        .hasMessage("expected no file at %s, found one", file);
    assertThat(file).hasContent("mine");
  }

  @Test
  void aFileThatEndsTooSoonOrIsDamagedIsRefusedBeforeAnythingIsWritten() throws IOException {
    fillFrom();
    new StoreCopy(file).export(content(from));
    byte[] whole = Files.readAllBytes(file);
    long seed = Long.getLong("holdfast.seed", System.nanoTime());
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      byte[] bad = whole.clone();
      if (round % 2 == 0) {
        bad = Arrays.copyOf(bad, random.nextInt(bad.length));
      } else {
        bad[random.nextInt(bad.length)] ^= (byte) (1 + random.nextInt(255));
      }
      Files.write(file, bad);
      Throwable refusal = catchThrowable(() -> new StoreCopy(file).importInto(content(to)));
      if (refusal == null) {
        // A bit of the frame that says nothing about the content.
        assertThat(all(to)).as("round %d", round).usingRecursiveComparison().isEqualTo(records());
        to.close();
        to = Stores.open(directory.resolve("to-" + round));
      } else {
        assertThat(refusal)
            .as("round %d", round)
            .isInstanceOf(HoldfastException.class)
            .hasMessageContaining("expected a file that `holdfast data export`");
        assertThat(all(to)).isEmpty();
      }
    }
  }
}
