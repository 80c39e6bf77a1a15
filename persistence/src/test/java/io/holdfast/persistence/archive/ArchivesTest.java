package io.holdfast.persistence.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.sdk.HoldfastException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;

class ArchivesTest {
  private static final ArchiveLimits LIMITS = new ArchiveLimits(1L << 30, 100_000, 4096);

  private final SimulatedBlobs disk = new SimulatedBlobs(new Random(1));
  private final Archives archives =
      new Archives(disk, new ArchiveReferences(disk, InstantSource.system(), Duration.ofDays(7)));

  private Archives.Kept keep(Archives.Source... sources) {
    return keep(Optional.empty(), sources);
  }

  private Archives.Kept keep(Optional<BlobId> earlier, Archives.Source... sources) {
    return keep(earlier, LIMITS, sources);
  }

  private Archives.Kept keep(
      Optional<BlobId> earlier, ArchiveLimits limits, Archives.Source... sources) {
    return archives.keep(
        "app.boxes/1",
        new Archives.Work(
            List.of(sources), List.of("workspace"), earlier, limits, new ArchiveProgress()));
  }

  private Map<String, Tree.Found> restored(BlobId id) {
    return Tree.read(archives.tar(id, Placement.SAME, new ArchiveProgress()));
  }

  private static byte[] noise(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Test
  void givesBackEveryKindOfFileWithItsAttributes() {
    byte[] large = noise(1, 3_000_000);
    String longName = "n".repeat(120) + "/" + "é".repeat(100);
    Tree tree =
        new Tree()
            .directory("workspace")
            .directory("workspace/empty")
            .file(
                "workspace/run.sh",
                "#!/bin/sh\n".getBytes(UTF_8),
                e -> {
                  e.setMode(04755);
                  e.setUserId(1234L);
                  e.setGroupId(3_000_000L);
                  e.setModTime(1_234_567_000L);
                  e.addPaxHeader("SCHILY.xattr.user.mood", "grün");
                  e.addPaxHeader("SCHILY.xattr.security.capability", "x");
                })
            .file("workspace/large", large)
            .file("workspace/nothing", new byte[0])
            .file("workspace/" + longName, "deep".getBytes(UTF_8))
            .link("workspace/up", "../../etc/passwd")
            .hardLink("workspace/again", "workspace/large")
            .special("workspace/pipe", TarConstants.LF_FIFO);

    Archives.Kept kept = keep(tree.at("/workspace"));

    Map<String, Tree.Found> found = restored(kept.id());
    assertThat(found.keySet())
        .containsExactlyInAnyOrder(
            "workspace", // Makes room.
            "workspace/",
            "workspace/empty/",
            "workspace/run.sh",
            "workspace/large",
            "workspace/nothing",
            "workspace/" + longName,
            "workspace/up",
            "workspace/again",
            "workspace/pipe");
    assertThat(found.get("workspace/large").content()).isEqualTo(large);
    assertThat(found.get("workspace/" + longName).content()).isEqualTo("deep".getBytes(UTF_8));
    var script = found.get("workspace/run.sh").entry();
    assertThat(script.getMode() & 07777).isEqualTo(04755);
    assertThat(script.getLongUserId()).isEqualTo(1234);
    assertThat(script.getLongGroupId()).isEqualTo(3_000_000);
    assertThat(script.getLastModifiedTime().toMillis()).isEqualTo(1_234_567_000L);
    assertThat(script.getExtraPaxHeaders())
        .containsEntry("SCHILY.xattr.user.mood", "grün")
        .doesNotContainKey("SCHILY.xattr.security.capability");
    assertThat(found.get("workspace/up").entry().getLinkName()).isEqualTo("../../etc/passwd");
    assertThat(found.get("workspace/again").entry().isLink()).isTrue();
    assertThat(found.get("workspace/pipe").entry().isFIFO()).isTrue();
    assertThat(kept.files()).isEqualTo(9);
    assertThat(kept.leftOutCount()).isZero();
  }

  @Test
  void putsATreeThatLiesDeepAndOneThatIsAFileWhereTheyCameFrom() {
    Archives.Kept kept =
        keep(
            new Tree().directory("deep").file("deep/a", "A".getBytes(UTF_8)).at("/srv/x/deep"),
            new Tree().file("data.db", "B".getBytes(UTF_8)).at("/var/data.db"));

    assertThat(restored(kept.id()).keySet())
        .containsExactly("srv/x/deep/", "srv/x/deep/a", "var/data.db");
  }

  @Test
  void storesAnUnchangedTreeNotAgain() {
    Tree tree = smallFiles(2_000, Map.of());
    Archives.Source source = tree.at("/workspace");
    Archives.Kept first = keep(source);
    int blobs = disk.count();

    Archives.Kept second = keep(Optional.of(first.id()), source);

    assertThat(second.id()).isEqualTo(first.id());
    assertThat(second.storedBytes()).isZero();
    assertThat(disk.count()).isEqualTo(blobs);
    assertThat(first.storedBytes()).isGreaterThan(1_000_000);
    assertThat(blobs).as("2,000 small files share blobs").isLessThan(20);
  }

  @Test
  void storesOfManySmallFilesOnlyTheOneThatChanged() {
    Archives.Kept first = keep(smallFiles(2_000, Map.of()).at("/workspace"));

    Archives.Kept second =
        keep(
            Optional.of(first.id()),
            smallFiles(2_000, Map.of(1_000, noise(77, 900))).at("/workspace"));

    // The file, and the list of all files.
    assertThat(second.storedBytes()).isLessThan(first.storedBytes() / 5);
    assertThat(pieces(second.id())).hasSize(pieces(first.id()).size() + 1);
    assertThat(restored(second.id()).get("workspace/f1000").content()).isEqualTo(noise(77, 900));
    assertThat(restored(second.id()).get("workspace/f1001").content())
        .isEqualTo(noise(1001, 1_000));
  }

  private List<Manifest.Piece> pieces(BlobId id) {
    return archives.manifest(id).pieces();
  }

  private static Tree smallFiles(int count, Map<Integer, byte[]> changed) {
    Tree tree = new Tree().directory("workspace");
    for (int i = 0; i < count; i++) {
      byte[] same = noise(i, 1_000);
      tree.file("workspace/f" + i, changed.getOrDefault(i, same));
    }
    return tree;
  }

  @Test
  void storesOfALargeFileOnlyWhatIsAroundAnInsertion() {
    byte[] before = noise(5, 20_000_000);
    byte[] after = new byte[before.length + 7];
    System.arraycopy(before, 0, after, 0, 9_000_000);
    System.arraycopy(before, 9_000_000, after, 9_000_007, before.length - 9_000_000);
    Archives.Kept first = keep(new Tree().file("workspace", before).at("/workspace"));

    Archives.Kept second =
        keep(Optional.of(first.id()), new Tree().file("workspace", after).at("/workspace"));

    assertThat(second.storedBytes()).isLessThan(3L * Chunker.SIZE_MAX);
    assertThat(restored(second.id()).get("workspace").content()).isEqualTo(after);
  }

  @Test
  void storesSmallFilesAnewWhenMostOfTheirPieceIsGone() {
    Archives.Kept first = keep(smallFiles(900, Map.of()).at("/workspace"));
    Archives.Kept few = keep(Optional.of(first.id()), smallFiles(100, Map.of()).at("/workspace"));
    assertThat(pieces(few.id())).isEqualTo(pieces(first.id()));

    Archives.Kept packed = keep(Optional.of(few.id()), smallFiles(100, Map.of()).at("/workspace"));

    assertThat(pieces(packed.id())).hasSize(1);
    assertThat(pieces(packed.id()).getFirst().length()).isEqualTo(100_000);
  }

  @Test
  void readsATreeByItsNewPlace() {
    Archives.Kept kept =
        keep(
            new Tree()
                .directory("workspace")
                .file("workspace/a", "A".getBytes(UTF_8))
                .hardLink("workspace/b", "workspace/a")
                .at("/workspace"));

    Map<String, Tree.Found> found =
        Tree.read(
            archives.tar(
                kept.id(),
                new Placement(
                    path -> path.replaceFirst("^workspace", "mnt/copy"), Set.of(), Set.of()),
                new ArchiveProgress()));

    assertThat(found.keySet()).containsExactly("mnt/copy", "mnt/copy/", "mnt/copy/a", "mnt/copy/b");
    assertThat(found.get("mnt/copy/b").entry().getLinkName()).isEqualTo("mnt/copy/a");
  }

  @Test
  void fillsADirectoryThatCannotBeReplacedAndLeavesOutWhatIsHidden() {
    Archives.Kept kept =
        keep(
            new Tree()
                .directory("workspace")
                .file("workspace/a", "A".getBytes(UTF_8))
                .directory("workspace/b")
                .file("workspace/b/c", "C".getBytes(UTF_8))
                .file("workspace/bb", "B".getBytes(UTF_8))
                .at("/workspace"));

    Map<String, Tree.Found> found =
        Tree.read(
            archives.tar(
                kept.id(),
                new Placement(UnaryOperator.identity(), Set.of("workspace"), Set.of("workspace/b")),
                new ArchiveProgress()));

    assertThat(found.keySet()).containsExactly("workspace/", "workspace/a", "workspace/bb");
  }

  @Test
  void leavesOutWhatNoArchiveKeepsAndSaysSo() {
    Archives.Kept kept =
        keep(
            new Tree()
                .directory("workspace")
                .special("workspace/disk", TarConstants.LF_BLK)
                .special("workspace/tty", TarConstants.LF_CHR)
                .file("workspace/\uFFFD", "lost name".getBytes(UTF_8))
                .file("workspace/ok", "kept".getBytes(UTF_8))
                .at("/workspace"));

    assertThat(restored(kept.id()).keySet())
        .containsExactly("workspace", "workspace/", "workspace/ok");
    assertThat(kept.leftOutCount()).isEqualTo(3);
    assertThat(kept.leftOut())
        .contains("/workspace/disk (it is a device)", "/workspace/\uFFFD (its name is not UTF-8)");
  }

  @Test
  void refusesATarThatWouldComeOutElsewhere() {
    byte[] any = "x".getBytes(UTF_8);
    refuses(
        "without . and ..", new Tree().directory("workspace").file("workspace/../../etc/x", any));
    refuses("without . and ..", new Tree().directory("workspace").file("workspace/./x", any));
    refuses("a relative name", new Tree().file("/etc/passwd", any));
    refuses("below /workspace", new Tree().directory("workspace").file("other/x", any));
    refuses("below /workspace", new Tree().directory("workspaces"));
    refuses(
        "below directories",
        new Tree()
            .directory("workspace")
            .link("workspace/a", "/etc")
            .file("workspace/a/passwd", any));
    refuses("below directories", new Tree().file("workspace", any).file("workspace/b/c/d", any));
    refuses(
        "that came before",
        new Tree().directory("workspace").hardLink("workspace/h", "workspace/none"));
    refuses(
        "without . and ..",
        new Tree().directory("workspace").hardLink("workspace/h", "workspace/../etc/shadow"));
    refuses(
        "each name once",
        new Tree().directory("workspace").file("workspace/a", any).file("workspace/a", any));
  }

  private void refuses(String expected, Tree tree) {
    assertThatThrownBy(() -> keep(tree.at("/workspace")))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining(expected);
  }

  @Test
  void refusesATarThatBreaksOffWhereverThatIs() {
    byte[] tar =
        new Tree()
            .directory("workspace")
            .file("workspace/zeros", new byte[5_000])
            .file("workspace/noise", noise(3, 5_000))
            .tar();
    for (int length = 0; length < tar.length - 1023; length += 256) {
      byte[] part = Arrays.copyOf(tar, length);
      assertThatThrownBy(() ->
              keep(
                  Archives.Source.all(
                      "/workspace", () -> Optional.of(new ByteArrayInputStream(part)))))
          .as("after %d of %d bytes", length, tar.length)
          .isInstanceOf(HoldfastException.class)
          .hasMessageContaining("/workspace: expected a tar of it");
    }
  }

  @Test
  void refusesMoreThanTheLimits() {
    Tree tree = smallFiles(10, Map.of());
    Archives.Source source = tree.at("/workspace");

    assertThatThrownBy(() -> keep(Optional.empty(), new ArchiveLimits(9_999, 100, 100), source))
        .hasMessage(
            "expected an archive of at most 9999 bytes, found more with /workspace/f9 of 1000 bytes");
    assertThatThrownBy(() -> keep(Optional.empty(), new ArchiveLimits(1L << 30, 10, 100), source))
        .hasMessage("expected an archive of at most 10 files, found more, such as /workspace/f9");
    assertThatThrownBy(() -> keep(Optional.empty(), new ArchiveLimits(1L << 30, 100, 10), source))
        .hasMessageContaining("expected an archive of paths of at most 10 bytes, found one of 12");
    assertThat(keep(source).files()).isEqualTo(11);
  }

  @Test
  void noticesADamagedPieceInsteadOfGivingItBack() throws IOException {
    Archives.Kept kept = keep(new Tree().file("workspace", noise(9, 200_000)).at("/workspace"));
    disk.damage(pieces(kept.id()).getFirst().id());

    assertThatThrownBy(() -> restored(kept.id()))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("expected the content of blob");
  }

  @Test
  void keepsAnArchiveAgainOnlyWhenItIsThereAsAWhole() {
    Archives.Kept kept = keep(new Tree().file("workspace", noise(9, 200_000)).at("/workspace"));
    assertThat(archives.keepAgain("app.boxes/2", kept.id())).isTrue();

    disk.delete(pieces(kept.id()).getFirst().id());

    assertThat(archives.keepAgain("app.boxes/3", kept.id())).isFalse();
    assertThat(archives.keepAgain("app.boxes/3", BlobId.of(new byte[] {1}))).isFalse();
  }
}
