package io.holdfast.persistence.pg1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.DatabaseLimits;
import io.holdfast.persistence.database.EngineChoice;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.persistence.database.SqlScript;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The page with the byte at 1 GiB: SQLite keeps it for the locks of its files and never reads or
/// writes it, so it is zeros in every image and takes part in nothing.
///
/// The databases are small ones whose header says that they have as many pages as end a little
/// below it, zeros for the most part.
class LockBytePageTest {
  private static final int LOCK_BYTE_PAGE = 262_145;
  private static final int PAGES_BEFORE = LOCK_BYTE_PAGE - 5;

  private final ObjectDatabases databases =
      new ObjectDatabases(EngineChoice.FFM, DatabaseLimits.DEFAULT, 10);

  private static void sql(ObjectDatabase database, String query) {
    database.execute(SqlScript.parse(query));
  }

  private static long number(ObjectDatabase database, String query) {
    return (Long) database.execute(SqlScript.parse(query)).one().value(0);
  }

  /// As if that many pages had been used and left.
  private DatabaseImage image(int pages) {
    try (ObjectDatabase database = databases.open(DatabaseImage.EMPTY)) {
      sql(database, "CREATE TABLE t(id INTEGER PRIMARY KEY, data BLOB)");
      DatabaseImage small = database.commit().orElseThrow().after();
      DatabaseImage.Page first = small.page(1);
      byte[] header = new byte[small.pageSize()];
      System.arraycopy(first.bytes(), first.at(), header, 0, header.length);
      ByteBuffer.wrap(header).putInt(28, pages);
      return small.with(new TreeMap<>(Map.of(1, header)), pages);
    }
  }

  /// Twenty rows of a page each.
  private static Commit grownBeyondIt(ObjectDatabase database) {
    sql(
        database,
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 20)"
            + " INSERT INTO t SELECT i, randomblob(3000) FROM r");
    return database.commit().orElseThrow();
  }

  @Test
  void isZerosInTheImageAndInNoEvent() {
    DatabaseImage before = image(PAGES_BEFORE);
    PageHashes hashes = PageHashes.of(before);
    Commit commit;
    try (ObjectDatabase database = databases.open(before)) {
      commit = grownBeyondIt(database);
      assertThat(number(database, "SELECT sum(length(data)) FROM t")).isEqualTo(60_000);
    }
    DatabaseImage after = commit.after();
    assertThat(after.pageCount()).isGreaterThan(LOCK_BYTE_PAGE + 10);
    assertThat(isZeros(after, LOCK_BYTE_PAGE)).isTrue();
    assertThat(isZeros(after, LOCK_BYTE_PAGE - 1)).isFalse();
    assertThat(isZeros(after, LOCK_BYTE_PAGE + 1)).isFalse();

    DeltaEncoder.Stamp stamp = new DeltaEncoder.Stamp(2, 1, 0, 0);
    List<PageDelta> events = new DeltaEncoder().encode(commit, hashes, stamp, null);
    assertThat(events.stream().flatMap(each -> pageNumbers(each).stream()))
        .contains(LOCK_BYTE_PAGE - 1, LOCK_BYTE_PAGE + 1)
        .doesNotContain(LOCK_BYTE_PAGE);
    assertThat(replayed(before, events).hasSamePages(after)).isTrue();
  }

  private static boolean isZeros(DatabaseImage image, int pageNo) {
    DatabaseImage.Page page = image.page(pageNo);
    return PageHash.of(pageNo, page.bytes(), page.at(), image.pageSize()) == 0;
  }

  private static List<Integer> pageNumbers(PageDelta event) {
    List<Integer> numbers = new ArrayList<>();
    ByteCursor body = event.body();
    int pageSize = event.header().pageSize();
    int pageNo;
    while ((pageNo = body.varint("page number", Integer.MAX_VALUE)) != 0) {
      numbers.add(pageNo);
      while (body.varint("skip", pageSize) != 0) {
        int length = body.varint("range length", pageSize);
        body.copyTo(new byte[length], 0, length);
      }
    }
    return numbers;
  }

  private static DatabaseImage replayed(DatabaseImage before, List<PageDelta> events) {
    ImageSnapshot.Header header = new ImageSnapshot.Header(1, 1, PageHashes.of(before).sum(), -1);
    PageImage image = PageImage.of(throughChunks(before, header));
    events.forEach(image::apply);
    assertThat(image.hashes().sum()).isEqualTo(events.getLast().header().postSum());
    return image.toImage();
  }

  /// Stored in chunks and read back.
  private static ImageSnapshot throughChunks(DatabaseImage image, ImageSnapshot.Header header) {
    ImageSnapshot made = ImageSnapshot.of(image, header, ChunkMap.none(), new BitSet());
    Map<Integer, byte[]> chunks = new HashMap<>();
    made.forEachNewChunk(chunk -> chunks.put(chunk.chunkNo(), chunk.bytes()));
    return ImageSnapshot.parse(made.bytes())
        .readingFrom((chunkNo, _) -> Optional.ofNullable(chunks.get(chunkNo)).orElseThrow());
  }

  @Test
  void thePlainEngineHasNoneAndRefusesADatabaseThatIsSoLarge() {
    ObjectDatabases plain = new ObjectDatabases(EngineChoice.JDBC, DatabaseLimits.DEFAULT, 10);
    try (ObjectDatabase small = plain.open(DatabaseImage.EMPTY);
        ObjectDatabase large = databases.open(DatabaseImage.EMPTY);
        ObjectDatabase refused = plain.open(image(LOCK_BYTE_PAGE))) {
      assertThat(number(small, "PRAGMA max_page_count")).isEqualTo(LOCK_BYTE_PAGE - 1);
      assertThat(number(large, "PRAGMA max_page_count")).isEqualTo((10L << 30) / 4096);
      assertThatThrownBy(() -> number(refused, "SELECT count(*) FROM t"))
          .isInstanceOfSatisfying(
              HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_FULL))
          .hasMessageContaining("expected at most 1073741824 bytes, found 1073745920 bytes")
          .hasMessageContaining("ffm");
    }
  }

  @Test
  void isStillLeftOutByADatabaseThatComesBackFromChunks() {
    DatabaseImage stored;
    try (ObjectDatabase database = databases.open(image(PAGES_BEFORE))) {
      stored = grownBeyondIt(database).after();
    }
    ImageSnapshot.Header header = new ImageSnapshot.Header(2, 1, PageHashes.of(stored).sum(), -1);
    DatabaseImage back = throughChunks(stored, header).image();
    try (ObjectDatabase database = databases.open(back)) {
      sql(database, "UPDATE t SET data = zeroblob(2000) WHERE id % 2 = 0");
      Commit commit = database.commit().orElseThrow();
      assertThat(isZeros(commit.after(), LOCK_BYTE_PAGE)).isTrue();
      assertThat(number(database, "SELECT sum(length(data)) FROM t")).isEqualTo(50_000);
      database.hibernate();
      assertThat(number(database, "SELECT sum(length(data)) FROM t")).isEqualTo(50_000);
    }
  }
}
