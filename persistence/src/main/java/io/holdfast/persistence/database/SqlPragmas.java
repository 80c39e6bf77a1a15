package io.holdfast.persistence.database;

import io.holdfast.persistence.database.SqlStatement.Kind;
import io.holdfast.sdk.HoldfastException;
import java.util.List;
import java.util.Set;

/// The PRAGMA statements an app may use; all others are refused.
final class SqlPragmas {
  /// These only look; they may take the name of a table or a number.
  private static final Set<String> QUERIES =
      Set.of(
          "table_info",
          "table_xinfo",
          "table_list",
          "index_info",
          "index_xinfo",
          "index_list",
          "foreign_key_list",
          "foreign_key_check",
          "quick_check",
          "integrity_check",
          "function_list",
          "collation_list",
          "database_list");

  /// These tell a setting that the app may not change.
  private static final Set<String> READ_ONLY =
      Set.of(
          "foreign_keys",
          "page_count",
          "page_size",
          "freelist_count",
          "encoding",
          "data_version",
          "max_page_count");

  /// These change how the connection behaves, with a yes or no.
  private static final Set<String> SETTINGS =
      Set.of(
          "case_sensitive_like",
          "ignore_check_constraints",
          "legacy_alter_table",
          "recursive_triggers",
          "reverse_unordered_selects");

  private static final Set<String> YES_OR_NO =
      Set.of("on", "off", "yes", "no", "true", "false", "0", "1");

  private SqlPragmas() {}

  /// What the statement does that these tokens make, PRAGMA first.
  ///
  /// @throws HoldfastException `sql_error` when it is not on the lists
  static Kind kindOf(List<SqlToken> tokens) {
    int name = isQualified(tokens) ? 3 : 1;
    String pragma = text(tokens, name);
    boolean bare = tokens.size() == name + 1;
    if (QUERIES.contains(pragma) || (READ_ONLY.contains(pragma) && bare)) {
      return Kind.READ;
    } else if (SETTINGS.contains(pragma) && (bare || YES_OR_NO.contains(text(tokens, name + 2)))) {
      return bare ? Kind.READ : Kind.SETTING;
    } else if (pragma.equals("defer_foreign_keys")) {
      return bare ? Kind.READ : Kind.WRITE;
    } else if (pragma.equals("optimize")) {
      return Kind.SCHEMA;
    }
    throw SqliteErrors.refused("not authorized");
  }

  /// Whether a table of that name, such as `pragma_table_info`, only looks.
  static boolean isTable(String name) {
    return QUERIES.contains(name.substring("pragma_".length()));
  }

  static String nameOf(SqlStatement pragma) {
    List<SqlToken> tokens = SqlTokenizer.tokens(pragma.text());
    return text(tokens, isQualified(tokens) ? 3 : 1);
  }

  private static boolean isQualified(List<SqlToken> tokens) {
    return text(tokens, 1).equals("main") && text(tokens, 2).equals(".");
  }

  private static String text(List<SqlToken> tokens, int index) {
    return index < tokens.size() ? tokens.get(index).text() : "";
  }
}
