package io.holdfast.persistence.database;

import io.holdfast.persistence.database.SqlToken.Kind;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;

/* Splits SQL into tokens exactly where SQLite does. The guard rails stand on that: text that we take
 * for a string and SQLite for a name would be a way around them. The rules are those of tokenize.c:
 *
 * - A name goes on over letters, digits, `_`, `$` and everything from U+0080 on; a byte order mark
 *   is white space when a token begins with it, and part of a name inside one.
 * - A line comment ends at '\n' only; a block comment that is not closed goes to the end.
 * - Brackets have no escape; the other quotes are doubled.
 * - `$name(...)` swallows everything up to the closing parenthesis, quotes as well (a leftover of
 *   Tcl). Nobody needs it: refused.
 * - SQLite stops at U+0000 and the driver turns half a surrogate pair into `?`: both refused.
 */
/// Splits SQL into tokens exactly where SQLite does; comments and white space are left out.
final class SqlTokenizer {
  private final String sql;
  private final List<SqlToken> tokens = new ArrayList<>();
  private int position;

  private SqlTokenizer(String sql) {
    this.sql = sql;
  }

  /// @throws HoldfastException `sql_error` for text that SQLite would read in another way
  static List<SqlToken> tokens(String sql) {
    if (sql.indexOf('\0') >= 0 || !Keys.isWellFormed(sql)) {
      throw unreadable(
          "a NUL character or half of a surrogate pair: use a parameter for the value");
    }
    SqlTokenizer tokenizer = new SqlTokenizer(sql);
    while (tokenizer.position < sql.length()) {
      tokenizer.readOne();
    }
    return tokenizer.tokens;
  }

  private void readOne() {
    char c = sql.charAt(position);
    if (isSpace(c)) {
      position++;
    } else if (sql.startsWith("--", position)) {
      position = after("\n", position + 2);
    } else if (sql.startsWith("/*", position)) {
      position = after("*/", position + 2);
    } else if (c == '\'') {
      quoted(Kind.STRING, c);
    } else if (c == '"' || c == '`') {
      quoted(Kind.QUOTED_NAME, c);
    } else if (c == '[') {
      bracketed();
    } else if (c == '?' || c == '$' || c == '@' || c == ':' || c == '#') {
      parameter();
    } else if (isDigit(c) || (c == '.' && isDigit(charAt(position + 1)))) {
      add(Kind.NUMBER, endOf(position + 1, true));
    } else if (isNamePart(c)) {
      add(Kind.WORD, endOf(position + 1, false));
    } else {
      add(Kind.SYMBOL, position + 1);
    }
  }

  private int after(String mark, int from) {
    int found = sql.indexOf(mark, from);
    return found < 0 ? sql.length() : found + mark.length();
  }

  private void quoted(Kind kind, char quote) {
    StringBuilder text = new StringBuilder();
    int at = position + 1;
    while (charAt(at) != quote || charAt(at + 1) == quote) {
      if (at >= sql.length()) {
        throw unreadable("a quote that is not closed: " + excerpt());
      }
      text.append(sql.charAt(at));
      at += charAt(at) == quote ? 2 : 1;
    }
    add(kind, text.toString(), at + 1);
  }

  private void bracketed() {
    int end = sql.indexOf(']', position);
    if (end < 0) {
      throw unreadable("a bracket that is not closed: " + excerpt());
    }
    add(Kind.QUOTED_NAME, sql.substring(position + 1, end), end + 1);
  }

  private void parameter() {
    int end = endOf(position + 1, false);
    if (end > position + 1 && (charAt(end) == '(' || sql.startsWith("::", end))) {
      throw unreadable("a parameter with parentheses or colons: " + excerpt());
    }
    add(Kind.PARAMETER, end);
  }

  private int endOf(int from, boolean number) {
    int end = from;
    while (end < sql.length() && (isNamePart(sql.charAt(end)) || (number && charAt(end) == '.'))) {
      end++;
    }
    return end;
  }

  private void add(Kind kind, int end) {
    add(kind, sql.substring(position, end), end);
  }

  private void add(Kind kind, String text, int end) {
    tokens.add(new SqlToken(kind, lowerCase(text), position, end));
    position = end;
  }

  /// SQLite folds ASCII letters and no others.
  static String lowerCase(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        StringBuilder lower = new StringBuilder(text);
        for (int j = i; j < text.length(); j++) {
          char d = text.charAt(j);
          lower.setCharAt(j, d >= 'A' && d <= 'Z' ? (char) (d + 32) : d);
        }
        return lower.toString();
      }
    }
    return text;
  }

  private char charAt(int index) {
    return index < sql.length() ? sql.charAt(index) : '\0';
  }

  private static boolean isSpace(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '\uFEFF';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isNamePart(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || isDigit(c)
        || c == '_'
        || c == '$'
        || c >= 0x80;
  }

  private String excerpt() {
    return sql.substring(position, Math.min(sql.length(), position + 20));
  }

  private static HoldfastException unreadable(String found) {
    return new HoldfastException(ErrorCode.SQL_ERROR, "expected SQL, found " + found);
  }
}
