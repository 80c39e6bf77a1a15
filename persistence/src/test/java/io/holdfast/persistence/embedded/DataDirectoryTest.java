package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
  @TempDir Path temp;

  @Test
  void createsAMissingDirectoryAndMarksItsVersion() throws IOException {
    Path path = temp.resolve("a/b");
    try (DataDirectory directory = DataDirectory.open(path)) {
      assertThat(directory.path()).isEqualTo(path);
      assertThat(Files.readString(path.resolve(DataDirectory.VERSION_FILE))).isEqualTo("1\n");
    }
  }

  @Test
  void opensAgainAfterClose() {
    DataDirectory first = DataDirectory.open(temp);
    first.close();
    first.close();
    DataDirectory.open(temp).close();
  }

  @Test
  void refusesASecondOpenInTheSameProcessAlsoThroughALink() throws IOException {
    Path link =
        Files.createSymbolicLink(temp.resolve("link"), Files.createDirectory(temp.resolve("real")));
    try (DataDirectory _ = DataDirectory.open(temp.resolve("real"))) {
      assertRefused(
          () -> DataDirectory.open(link),
          ErrorCode.DATA_DIRECTORY_LOCKED,
          "pid " + ProcessHandle.current().pid());
    }
  }

  @Test
  void refusesASecondProcessAndNamesTheFirst() throws Exception {
    try (DataDirectory _ = DataDirectory.open(temp)) {
      assertRefused(
          () -> DataDirectory.open(temp), ErrorCode.DATA_DIRECTORY_LOCKED, "this process");
      assertThat(openInAnotherProcess(temp))
          .contains("data_directory_locked")
          .contains("pid " + ProcessHandle.current().pid());
    }
    assertThat(openInAnotherProcess(temp)).contains("opened");
  }

  @Test
  void refusesANewerVersionAndLeavesEverythingAsItIs() throws IOException {
    Files.writeString(temp.resolve(DataDirectory.VERSION_FILE), "2\n");
    assertRefused(
        () -> DataDirectory.open(temp),
        ErrorCode.DATA_DIRECTORY_UNREADABLE,
        "expected format version 1, found \"2\"");
    assertThat(Files.readString(temp.resolve(DataDirectory.VERSION_FILE))).isEqualTo("2\n");
  }

  @Test
  void refusesAMarkerThatIsNoVersion() throws IOException {
    Files.writeString(temp.resolve(DataDirectory.VERSION_FILE), "hello ".repeat(100));
    assertRefused(
        () -> DataDirectory.open(temp), ErrorCode.DATA_DIRECTORY_UNREADABLE, "found \"hello hello");
  }

  @Test
  void refusesADirectoryWithForeignFiles() throws IOException {
    Files.writeString(temp.resolve("thesis.tex"), "x");
    assertRefused(
        () -> DataDirectory.open(temp), ErrorCode.DATA_DIRECTORY_UNREADABLE, "[thesis.tex]");
    assertThat(temp.resolve(DataDirectory.VERSION_FILE)).doesNotExist();
  }

  @Test
  void aRefusedOpenGivesTheLockBack() throws IOException {
    Path foreign = Files.writeString(temp.resolve("x"), "x");
    assertThatThrownBy(() -> DataDirectory.open(temp)).isInstanceOf(HoldfastException.class);
    Files.delete(foreign);
    DataDirectory.open(temp).close();
  }

  @Test
  void finishesACreationThatDiedBeforeTheMarkerWasInPlace() throws IOException {
    Files.writeString(temp.resolve(DataDirectory.LOCK_FILE), "1");
    Files.writeString(temp.resolve(DataDirectory.VERSION_FILE + ".new"), "");
    DataDirectory.open(temp).close();
    assertThat(Files.readString(temp.resolve(DataDirectory.VERSION_FILE))).isEqualTo("1\n");
  }

  @Test
  void refusesAFileInPlaceOfADirectory() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "x");
    assertRefused(() -> DataDirectory.open(file), ErrorCode.DATA_DIRECTORY_UNREADABLE, "file");
  }

  private static void assertRefused(ThrowingCallable open, ErrorCode code, String text) {
    assertThatThrownBy(open)
        .isInstanceOfSatisfying(HoldfastException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(text);
  }

  private static String openInAnotherProcess(Path path) throws Exception {
    Process child = ChildJvm.start(Opener.class, path.toString());
    String output = new String(child.getInputStream().readAllBytes());
    assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return output;
  }

  /// Tries to open a directory and says how it went.
  static final class Opener {
    private Opener() {}

    public static void main(String[] args) {
      try (DataDirectory _ = DataDirectory.open(Path.of(args[0]))) {
        System.out.println("opened");
      } catch (HoldfastException e) {
        System.out.println(e.code().code() + " " + e.getMessage());
      }
    }
  }
}
