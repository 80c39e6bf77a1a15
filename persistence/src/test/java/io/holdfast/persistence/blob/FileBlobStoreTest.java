package io.holdfast.persistence.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileBlobStoreTest {
  @TempDir Path directory;

  private FileBlobStore open() {
    return FileBlobStore.open(directory, 0);
  }

  private static List<BlobId> all(BlobStore store) {
    List<BlobId> all = new ArrayList<>();
    store.forEach(all::add);
    return all;
  }

  @Test
  void findsAgainWhatWasSyncedAndForgetsTheRest() {
    byte[] kept = {1, 2, 3};
    byte[] lost = {4};
    FileBlobStore store = open();
    store.put(BlobId.of(kept), kept);
    store.sync();
    store.put(BlobId.of(lost), lost);
    assertThat(store.get(BlobId.of(lost))).contains(lost);
    assertThat(store.contains(BlobId.of(lost))).isTrue();

    FileBlobStore next = open();

    assertThat(next.get(BlobId.of(kept))).contains(kept);
    assertThat(next.contains(BlobId.of(lost))).isFalse();
    assertThat(next.get(BlobId.of(lost))).isEmpty();
    assertThat(all(next)).containsExactly(BlobId.of(kept));
    assertThat(directory.resolve("new")).isEmptyDirectory();
  }

  @Test
  void givesAFileItsNameOnlyWhenItIsSynced() throws IOException {
    byte[] content = {9};
    FileBlobStore store = open();

    store.put(BlobId.of(content), content);

    assertThat(directory.resolve("blobs")).isEmptyDirectory();
    store.sync();
    try (var files = Files.walk(directory.resolve("blobs"))) {
      assertThat(files.filter(Files::isRegularFile)).hasSize(1);
    }
  }

  @Test
  void takesTheSameTwiceAndDeletesOnce() {
    byte[] content = {5};
    FileBlobStore store = open();
    store.put(BlobId.of(content), content);
    store.put(BlobId.of(content), content);
    store.sync();
    store.put(BlobId.of(content), content);
    store.sync();
    assertThat(all(store)).hasSize(1);

    store.delete(BlobId.of(content));
    store.delete(BlobId.of(content));

    assertThat(all(store)).isEmpty();
    assertThat(store.contains(BlobId.of(content))).isFalse();
  }

  @Test
  void refusesABlobWhenTheDiskIsAlmostFull() {
    FileBlobStore store = FileBlobStore.open(directory, Long.MAX_VALUE / 2);

    assertThatThrownBy(() -> store.put(BlobId.of(new byte[] {1}), new byte[] {1}))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_FULL));
  }

  @Test
  void refusesABlobThatIsTooLarge() {
    assertThatThrownBy(() -> open().put(BlobId.of(new byte[0]), new byte[BlobStore.BYTES_MAX + 1]))
        .hasMessage("expected a blob of at most 8388608 bytes, found 8388609");
  }

  @Test
  void namesAContentByItsSha256() {
    assertThat(BlobId.of("abc".getBytes(java.nio.charset.StandardCharsets.UTF_8)).hex())
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assertThatThrownBy(() -> BlobId.parse("ab")).hasMessageContaining("64 hex digits");
  }
}
