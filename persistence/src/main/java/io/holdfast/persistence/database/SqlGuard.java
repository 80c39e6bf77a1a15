package io.holdfast.persistence.database;

import io.holdfast.persistence.database.SqlStatement.Kind;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/* JDBC has no authorizer, so what an authorizer would refuse is refused by looking at the tokens
 * before SQLite sees them. The rules err on the side of refusal:
 *
 * - The first word must be on a list.
 * - No name may begin with `_cf_` or be one of a few tables, in whatever quotes.
 * - SQLite also takes 'text' for a name where only a name fits (FROM '_cf_KV'). So text that looks
 *   like a hidden name is allowed only after an operator, where no name can stand; elsewhere the app
 *   has to use a parameter.
 * - Full-text indexes build SQL from their options: no `_cf_` anywhere in CREATE VIRTUAL TABLE.
 * - ROLLBACK as a conflict clause would undo the transaction under our feet.
 *
 * SqlGuardTest holds the known ways around; SqlGuardSimulation compares random SQL with what SQLite's
 * own EXPLAIN says it opens.
 */
/// Refuses SQL that an app must not run.
final class SqlGuard {
  private static final String HIDDEN = "_cf_";

  private static final Set<String> READS = Set.of("select", "values", "with", "explain");
  private static final Set<String> WRITES = Set.of("insert", "update", "delete", "replace");
  private static final Set<String> SCHEMA = Set.of("create", "drop", "alter", "analyze", "reindex");
  private static final Set<String> TRANSACTION =
      Set.of("begin", "commit", "end", "rollback", "savepoint", "release");
  private static final Set<String> TABLES = Set.of("_cf", "dbstat", "sqlite_dbpage", "sqlite_stmt");
  private static final Set<String> MODULES = Set.of("fts5", "fts5vocab");
  private static final Set<String> FUNCTIONS =
      Set.of(
          "load_extension",
          "fts3_tokenizer",
          "sqlite_version",
          "sqlite_source_id",
          "sqlite_compileoption_get",
          "sqlite_compileoption_used",
          "sqlite_log",
          "fts5_source_id");
  private static final Set<String> BEFORE_LITERALS =
      Set.of("=", "<", ">", "|", "like", "glob", "escape", "is", "not");
  private static final List<String> SHADOWS =
      List.of("_data", "_idx", "_content", "_docsize", "_config");

  private static final String USE_TRANSACTION =
      "To execute a transaction, please use the storage().transaction() API instead of the SQL"
          + " BEGIN TRANSACTION or SAVEPOINT statements. The Java API is safer because it will"
          + " automatically roll back on exceptions, and because it interacts correctly with"
          + " automatic atomic write coalescing.";

  private final List<SqlToken> tokens;

  private SqlGuard(List<SqlToken> tokens) {
    this.tokens = tokens;
  }

  /// The statement that these tokens of the query make.
  ///
  /// @throws HoldfastException `sql_error` when it is refused
  static SqlStatement checked(String query, List<SqlToken> tokens) {
    SqlGuard guard = new SqlGuard(tokens);
    String text = query.substring(tokens.getFirst().start(), tokens.getLast().end());
    Kind kind = guard.kind();
    guard.checkNames();
    guard.checkConflictClauses();
    if (kind == Kind.SCHEMA) {
      guard.checkSchema(text);
    }
    return new SqlStatement(text, kind, guard.possibleShadows());
  }

  private Kind kind() {
    String first = word(0);
    if (first.equals("explain")) {
      return kindOfExplained(word(word(1).equals("query") ? 3 : 1));
    }
    checkFirst(first);
    if (first.equals("pragma")) {
      return SqlPragmas.kindOf(tokens);
    } else if (SCHEMA.contains(first)) {
      return Kind.SCHEMA;
    } else {
      return WRITES.contains(first) || (first.equals("with") && hasWrite())
          ? Kind.WRITE
          : Kind.READ;
    }
  }

  /// Explaining runs nothing, except that SQLite obeys a PRAGMA while it prepares it.
  private static Kind kindOfExplained(String word) {
    checkFirst(word);
    if (word.equals("pragma")) {
      throw SqliteErrors.refused("not authorized");
    }
    return Kind.READ;
  }

  private static void checkFirst(String word) {
    if (TRANSACTION.contains(word)) {
      throw new HoldfastException(ErrorCode.SQL_ERROR, USE_TRANSACTION);
    }
    if (Set.of("attach", "detach", "vacuum").contains(word)) {
      throw SqliteErrors.refused("not authorized");
    }
    if (!READS.contains(word)
        && !WRITES.contains(word)
        && !SCHEMA.contains(word)
        && !word.equals("pragma")) {
      throw new HoldfastException(
          ErrorCode.SQL_ERROR, "near \"" + word + "\": syntax error: SQLITE_ERROR");
    }
  }

  private boolean hasWrite() {
    return tokens.stream().anyMatch(token -> isOneOf(token, WRITES));
  }

  private static boolean isOneOf(SqlToken token, Set<String> words) {
    return token.kind() == SqlToken.Kind.WORD && words.contains(token.text());
  }

  private void checkNames() {
    for (int i = 0; i < tokens.size(); i++) {
      SqlToken token = tokens.get(i);
      boolean call = i + 1 < tokens.size() && tokens.get(i + 1).isSymbol('(');
      if (token.isName() || (token.kind() == SqlToken.Kind.STRING && !isLiteral(i))) {
        checkName(token);
      }
      if (call && token.isName() && FUNCTIONS.contains(token.text())) {
        throw new HoldfastException(
            ErrorCode.SQL_ERROR,
            "not authorized to use function: " + token.text() + ": SQLITE_ERROR");
      }
    }
  }

  private static void checkName(SqlToken token) {
    String name = token.text();
    if (name.startsWith(HIDDEN)
        || TABLES.contains(name)
        || (name.startsWith("pragma_") && !SqlPragmas.isTable(name))) {
      throw SqliteErrors.refused(
          token.kind() == SqlToken.Kind.STRING
              ? "not authorized (if '" + name + "' is a value, use a parameter)"
              : "not authorized");
    }
  }

  /// Whether the text at that place can only be a value.
  private boolean isLiteral(int index) {
    if (index == 0) {
      return false;
    }
    SqlToken before = tokens.get(index - 1);
    boolean operator = before.kind() == SqlToken.Kind.WORD || before.kind() == SqlToken.Kind.SYMBOL;
    return operator && BEFORE_LITERALS.contains(before.text());
  }

  private void checkConflictClauses() {
    for (int i = 1; i < tokens.size(); i++) {
      if (tokens.get(i).isWord("rollback") && isConflictClause(i)) {
        throw new HoldfastException(
            ErrorCode.SQL_ERROR,
            "not authorized: the conflict clause ROLLBACK would undo the object's transaction, use"
                + " ABORT: SQLITE_AUTH");
      }
    }
  }

  private boolean isConflictClause(int index) {
    SqlToken before = tokens.get(index - 1);
    return before.isWord("or")
        || before.isWord("conflict")
        || (before.isSymbol('(') && index > 1 && tokens.get(index - 2).isWord("raise"));
  }

  private void checkSchema(String text) {
    if (!word(0).equals("create")) {
      return;
    }
    if (word(1).equals("temp") || word(1).equals("temporary") || isInTemp()) {
      throw SqliteErrors.refused("not authorized");
    }
    if (word(1).equals("virtual")) {
      boolean hidden = SqlTokenizer.lowerCase(text).contains(HIDDEN);
      if (hidden || !MODULES.contains(module())) {
        throw SqliteErrors.refused("not authorized");
      }
    }
  }

  /// Whether the new thing is named `temp.…`. The name ends at the latest where its definition
  /// begins.
  private boolean isInTemp() {
    for (int i = 1; i + 1 < tokens.size(); i++) {
      SqlToken token = tokens.get(i);
      if (isOneOf(token, Set.of("as", "on", "using", "begin")) || token.isSymbol('(')) {
        return false;
      }
      if (token.text().equals("temp") && tokens.get(i + 1).isSymbol('.')) {
        return true;
      }
    }
    return false;
  }

  private String module() {
    for (int i = 1; i + 1 < tokens.size(); i++) {
      if (tokens.get(i).isWord("using")) {
        return tokens.get(i + 1).text();
      }
    }
    return "";
  }

  private Set<String> possibleShadows() {
    Set<String> names = new HashSet<>();
    for (SqlToken token : tokens) {
      if ((token.isName() || token.kind() == SqlToken.Kind.STRING) && isPossibleShadow(token)) {
        names.add(token.text());
      }
    }
    return Set.copyOf(names);
  }

  private static boolean isPossibleShadow(SqlToken token) {
    for (String end : SHADOWS) {
      if (token.text().endsWith(end)) {
        return true;
      }
    }
    return false;
  }

  private String word(int index) {
    return index < tokens.size() ? tokens.get(index).text() : "";
  }
}
