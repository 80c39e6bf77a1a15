package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.persistence.archive.ArchiveIndex;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveTableTest {
  @TempDir Path directory;

  private static List<String> rows(ArchiveIndex index, String prefix) {
    List<String> rows = new ArrayList<>();
    index.forEach(prefix, (key, row) -> rows.add(key + "=" + new String(row, UTF_8)));
    return rows;
  }

  @Test
  void findsRowsByTheBeginningOfTheirKeysAlsoAfterARestart() {
    try (EmbeddedStore store = Stores.open(directory)) {
      ArchiveIndex index = store.archives();
      index.put("o/b/2", "two".getBytes(UTF_8));
      index.put("o/a/1", "one".getBytes(UTF_8));
      index.put("o/b/1", "three".getBytes(UTF_8));
      index.put("o/b/1", "four".getBytes(UTF_8));
      index.put("s/b", "five".getBytes(UTF_8));
      index.put("o/c/1", "six".getBytes(UTF_8));
      index.delete("o/b/2", "two".getBytes(UTF_8));
      index.delete("o/a/1", "other".getBytes(UTF_8));
      index.delete("o/c/1", "six".getBytes(UTF_8));
      index.delete("none", new byte[0]);
    }
    try (EmbeddedStore store = Stores.open(directory)) {
      ArchiveIndex index = store.archives();
      assertThat(rows(index, "o/")).containsExactly("o/a/1=one", "o/b/1=four");
      assertThat(rows(index, "o/b/")).containsExactly("o/b/1=four");
      assertThat(rows(index, "x")).isEmpty();
      assertThat(index.get("s/b")).contains("five".getBytes(UTF_8));
      assertThat(index.get("s")).isEmpty();
    }
  }
}
