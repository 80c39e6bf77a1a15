package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;

/// A query of the app: one or several statements, each checked by the [SqlGuard].
///
/// @param statements 1 or more
public record SqlScript(List<SqlStatement> statements) {
  /// @throws HoldfastException `sql_error` when there is no statement in it or one is refused
  public static SqlScript parse(String query) {
    if (query.length() > DatabaseLimits.QUERY_CHARS_MAX) {
      throw new HoldfastException(ErrorCode.SQL_ERROR, "statement too long: SQLITE_TOOBIG");
    }
    List<SqlStatement> statements = new ArrayList<>();
    List<SqlToken> tokens = SqlTokenizer.tokens(query);
    int start = 0;
    while (start < tokens.size()) {
      int end = endOfStatement(tokens, start);
      if (end > start) {
        statements.add(SqlGuard.checked(query, tokens.subList(start, end)));
      }
      start = end + 1;
    }
    if (statements.isEmpty()) {
      throw new HoldfastException(ErrorCode.SQL_ERROR, "SQL code did not contain a statement.");
    }
    return new SqlScript(List.copyOf(statements));
  }

  public boolean writes() {
    return statements.stream().anyMatch(SqlStatement::writes);
  }

  /// The index of the semicolon that ends the statement, or of the end of the query. The body of a
  /// trigger has semicolons of its own; it ends with `; END ;`.
  private static int endOfStatement(List<SqlToken> tokens, int start) {
    boolean trigger = isTrigger(tokens, start);
    int end = start;
    while (end < tokens.size()) {
      if (tokens.get(end).isSymbol(';') && (!trigger || endsTrigger(tokens, start, end))) {
        return end;
      }
      end++;
    }
    return end;
  }

  private static boolean endsTrigger(List<SqlToken> tokens, int start, int semicolon) {
    return semicolon >= start + 2
        && tokens.get(semicolon - 1).isWord("end")
        && tokens.get(semicolon - 2).isSymbol(';');
  }

  private static boolean isTrigger(List<SqlToken> tokens, int start) {
    int at = start;
    while (at < tokens.size() && isExplain(tokens.get(at))) {
      at++;
    }
    if (at >= tokens.size() || !tokens.get(at).isWord("create")) {
      return false;
    }
    int next = at + 1;
    if (next < tokens.size()
        && (tokens.get(next).isWord("temp") || tokens.get(next).isWord("temporary"))) {
      next++;
    }
    return next < tokens.size() && tokens.get(next).isWord("trigger");
  }

  static boolean isExplain(SqlToken token) {
    return token.isWord("explain") || token.isWord("query") || token.isWord("plan");
  }
}
