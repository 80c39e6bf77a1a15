package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class CommitPipelineTest {
  private final CommitPipeline pipeline = new CommitPipeline();

  private static DatabaseImage image(int pages) {
    return new DatabaseImage(new byte[pages * 512], 512);
  }

  private void commit(long count) {
    int pages = (int) count;
    pipeline.add(new Commit(image(pages - 1), image(pages), 1, OptionalLong.of(count)), count);
  }

  @Test
  void whatIsCommittedWhileOneIsUnderWayIsMergedIntoTheNext() {
    assertThat(pipeline.begin()).isNull();
    commit(1);
    assertThat(pipeline.begin())
        .isNotNull()
        .extracting(CommitPipeline.Batch::through)
        .isEqualTo(1L);
    commit(2);
    commit(3);
    assertThat(pipeline.begin()).as("a second one at a time").isNull();
    pipeline.stored();
    CommitPipeline.Batch merged = pipeline.begin();
    assertThat(merged).isNotNull();
    assertThat(merged.through()).isEqualTo(3);
    assertThat(merged.commit().transactions()).isEqualTo(2);
    assertThat(merged.commit().before().pageCount()).isEqualTo(1);
    assertThat(merged.commit().after().pageCount()).isEqualTo(3);
    assertThat(merged.commit().alarm()).hasValue(3);
  }

  @Test
  void isEmptyOnlyWhenAllIsStored() {
    assertThat(pipeline.isEmpty()).isTrue();
    commit(1);
    assertThat(pipeline.isEmpty()).isFalse();
    CommitPipeline.Batch unused = pipeline.begin();
    assertThat(pipeline.isEmpty()).isFalse();
    pipeline.stored();
    assertThat(pipeline.isEmpty()).isTrue();
  }

  @Test
  void theEndForgetsWhatWaitsAndWhatIsUnderWay() {
    commit(1);
    CommitPipeline.Batch unused = pipeline.begin();
    commit(2);
    pipeline.end();
    assertThat(pipeline.isEmpty()).isTrue();
    commit(1);
    assertThat(pipeline.begin())
        .isNotNull()
        .extracting(CommitPipeline.Batch::through)
        .isEqualTo(1L);
  }
}
