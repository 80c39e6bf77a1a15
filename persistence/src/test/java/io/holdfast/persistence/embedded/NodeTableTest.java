package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class NodeTableTest {
  @TempDir Path directory;
  private EmbeddedStore store;

  @BeforeEach
  void open() {
    store = EmbeddedStore.open(directory, Stores.config("retry-interval = 1 ms"), CommitHook.NONE);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static List<String> texts(NodeTable table) {
    return table.rows().stream()
        .map(row -> row.key() + "=" + new String(row.value(), UTF_8))
        .toList();
  }

  private static CompletableFuture<Void> put(NodeTable table, String key, String value) {
    return table.put(key, value.getBytes(UTF_8));
  }

  @Test
  void whatWasToldDurableIsThereAfterTheNextOpen() {
    NodeTable table = store.nodeTable("containers");
    put(table, "b", "1").join();
    put(table, "a", "2").join();
    put(table, "b", "3").join();
    store.close();
    open();
    assertThat(texts(store.nodeTable("containers"))).containsExactly("a=2", "b=3");
  }

  @Test
  void theLastOfSeveralWritesCountsInTheOrderTheyWereAskedFor() {
    NodeTable table = store.nodeTable("containers");
    for (int i = 0; i < 100; i++) {
      put(table, "a", "x" + i);
      table.delete("a");
    }
    put(table, "a", "last").join();
    assertThat(texts(table)).containsExactly("a=last");
    table.delete("a").join();
    table.delete("never there").join();
    assertThat(table.rows()).isEmpty();
  }

  @Test
  void tablesOfOtherNamesAreApart() {
    put(store.nodeTable("one"), "k", "1").join();
    put(store.nodeTable("one2"), "k", "2").join();
    put(store.nodeTable("on"), "ek", "3").join();
    assertThat(texts(store.nodeTable("one"))).containsExactly("k=1");
    assertThat(texts(store.nodeTable("one2"))).containsExactly("k=2");
    assertThat(texts(store.nodeTable("on"))).containsExactly("ek=3");
  }

  @Test
  void metersAndArchivesAreApartFromThem() {
    put(store.nodeTable("containers"), "k", "1").join();
    store.archives().put("a", new byte[] {2});
    byte[] key = {3};
    store.meters().write(List.of(new MeterTable.Row(key, key)), List.of()).join();

    assertThat(store.meters().rows(new byte[] {0}, new byte[] {(byte) 0xFF}))
        .extracting(MeterTable.Row::key)
        .containsExactly(key);
    assertThat(texts(store.nodeTable("containers"))).containsExactly("k=1");
    List<String> archives = new ArrayList<>();
    store.archives().forEach("", (name, _) -> archives.add(name));
    assertThat(archives).containsExactly("a");
  }

  @Test
  void refusesRowsThatAreTooLargeAndNamesThatAreNone() {
    NodeTable table = store.nodeTable("containers");
    assertThatThrownBy(() -> table.put("k", new byte[64 << 10]).join())
        .cause()
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    assertThatThrownBy(() -> store.nodeTable("")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aClosedStoreRefuses() {
    NodeTable table = store.nodeTable("containers");
    store.close();
    assertThatThrownBy(() -> put(table, "k", "v").join())
        .cause()
        .isInstanceOf(HoldfastException.class);
    assertThatThrownBy(table::rows).isInstanceOf(HoldfastException.class);
  }
}
