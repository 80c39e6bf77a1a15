package io.holdfast.persistence.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DatabaseImageTest {
  private static final int PAGE = 512;
  private static final PageSource NO_PAGES = _ -> DatabaseImage.Page.ZERO;

  private record Step(DatabaseImage image, byte[] bytes) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void imagesMadeFromEachOtherStayWhatTheyWere(long seed) {
    System.out.println("DatabaseImageTest seed " + seed);
    Random random = new Random(seed);
    List<Step> steps = new ArrayList<>();
    byte[] first = new byte[random.nextInt(200) * PAGE];
    random.nextBytes(first);
    steps.add(new Step(new DatabaseImage(first, PAGE), first));
    for (int i = 0; i < 150; i++) {
      Step next = next(steps.getLast(), random);
      Commit commit = new Commit(steps.getLast().image, next.image, 1, OptionalLong.empty());
      assertThat(next.image.hasSamePages(new DatabaseImage(next.bytes, PAGE))).isTrue();
      assertThat(commit.changed()).isEqualTo(differences(steps.getLast().bytes, next.bytes));
      steps.add(next);
      if (random.nextInt(10) == 0) {
        steps.get(random.nextInt(steps.size())).image.pack();
      }
      if (random.nextInt(10) == 0) {
        Step stored = steps.get(Math.max(0, steps.size() - 1 - random.nextInt(4)));
        stored.image.heldBy(new PageTable.Joined(stored.bytes, PAGE));
      }
    }
    for (Step step : steps) {
      assertThat(Arrays.equals(step.image.bytes(), step.bytes)).isTrue();
    }
  }

  @Test
  void pagesThatWereStoredLeaveMemoryAlsoWhenTheImageHasMovedOn() {
    Random random = new Random(4);
    DatabaseImage stored = grown(DatabaseImage.over(NO_PAGES, PAGE, 0), 500, random);
    DatabaseImage meanwhile = stored.with(new TreeMap<>(Map.of(7, page(random))), 500);
    byte[] bytes = stored.bytes();
    stored.heldBy(new PageTable.Joined(bytes, PAGE));

    DatabaseImage next = meanwhile.with(new TreeMap<>(Map.of(400, page(random))), 500);
    long kept = IntStream.rangeClosed(1, 500).filter(no -> next.page(no).bytes() != bytes).count();
    assertThat(kept).isEqualTo(2);
  }

  private static DatabaseImage grown(DatabaseImage image, int pages, Random random) {
    TreeMap<Integer, byte[]> all = new TreeMap<>();
    IntStream.rangeClosed(1, pages).forEach(no -> all.put(no, page(random)));
    return image.with(all, pages);
  }

  private static Step next(Step last, Random random) {
    int old = last.bytes.length / PAGE;
    int pages = random.nextInt(4) == 0 ? 1 + random.nextInt(300) : Math.max(1, old);
    byte[] bytes = Arrays.copyOf(last.bytes, pages * PAGE);
    TreeMap<Integer, byte[]> changed = new TreeMap<>();
    for (int pageNo = old + 1; pageNo <= pages; pageNo++) {
      changed.put(pageNo, page(random));
    }
    for (int i = random.nextInt(6); i > 0; i--) {
      changed.put(1 + random.nextInt(pages), page(random));
    }
    changed.forEach((no, page) -> System.arraycopy(page, 0, bytes, (no - 1) * PAGE, PAGE));
    return new Step(last.image.with(changed, pages), bytes);
  }

  private static byte[] page(Random random) {
    byte[] page = new byte[PAGE];
    if (random.nextBoolean()) {
      random.nextBytes(page);
    }
    return page;
  }

  private static int[] differences(byte[] before, byte[] after) {
    List<Integer> found = new ArrayList<>();
    for (int at = 0; at < after.length; at += PAGE) {
      if (at >= before.length || !Arrays.equals(before, at, at + PAGE, after, at, at + PAGE)) {
        found.add(at / PAGE + 1);
      }
    }
    return found.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void mergedCommitsNameEveryPageThatEitherChanged() {
    DatabaseImage ten = new DatabaseImage(filled(10, 1), PAGE);
    DatabaseImage five = new DatabaseImage(filled(5, 1), PAGE);
    DatabaseImage again = new DatabaseImage(filled(10, 2), PAGE);
    Commit shrunk = new Commit(ten, five, 1, OptionalLong.of(1));
    Commit grown = new Commit(five, again, 2, OptionalLong.empty());
    Commit merged = shrunk.mergedWith(grown);
    assertThat(merged.before()).isSameAs(ten);
    assertThat(merged.after()).isSameAs(again);
    assertThat(merged.changed()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    assertThat(merged.transactions()).isEqualTo(3);
    assertThat(merged.alarm()).isEmpty();
    assertThat(grown.mergedWith(new Commit(again, five, 1, OptionalLong.empty())).changed())
        .containsExactly(1, 2, 3, 4, 5);
  }

  private static byte[] filled(int pages, int value) {
    byte[] bytes = new byte[pages * PAGE];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  @Test
  void anImageThatIsPackedIsTheSame() {
    byte[] bytes = filled(20, 3);
    DatabaseImage image = new DatabaseImage(bytes.clone(), PAGE);
    image.pack();
    assertThat(image.pageCount()).isEqualTo(20);
    image.pack();
    assertThat(image.bytes()).isEqualTo(bytes);
    assertThat(image.page(21).bytes()[0]).isZero();
  }
}
