package io.holdfast.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

class SqlCursorTest {
  private static final List<String> COLUMNS = List.of("id", "name");

  @Test
  void rawGivesTheRowsThatAreLeftAsValuesInTheOrderOfTheColumns() {
    Iterator<SqlRow> rows =
        List.of(row(1L, "a"), new SqlRow(COLUMNS, new Object[] {2L, null}), row(3L, "c"))
            .iterator();
    SqlCursor cursor = new SqlCursor(COLUMNS, rows);
    assertThat(cursor.next().integer("id")).isEqualTo(1);
    assertThat(cursor.raw()).containsExactly(Arrays.asList(2L, null), List.of(3L, "c"));
  }

  private static SqlRow row(Object... values) {
    return new SqlRow(COLUMNS, values);
  }
}
