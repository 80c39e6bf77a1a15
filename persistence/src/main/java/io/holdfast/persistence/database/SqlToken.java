package io.holdfast.persistence.database;

/// A token of SQL.
///
/// @param text what it stands for: a name without its quotes, a string without its quotes,
///   otherwise the characters themselves; ASCII letters of names in lower case
/// @param start where it begins in the query
/// @param end where it ends, exclusive
record SqlToken(Kind kind, String text, int start, int end) {
  enum Kind {
    /// A bare keyword or name.
    WORD,
    /// A name in double quotes, backticks or brackets.
    QUOTED_NAME,
    /// Text in single quotes; SQLite takes it for a name where only a name fits.
    STRING,
    NUMBER,
    /// A parameter, such as `?`, `?1`, `:a`.
    PARAMETER,
    /// One character of an operator or punctuation.
    SYMBOL
  }

  boolean isWord(String word) {
    return kind == Kind.WORD && text.equals(word);
  }

  boolean isSymbol(char symbol) {
    return kind == Kind.SYMBOL && text.charAt(0) == symbol;
  }

  boolean isName() {
    return kind == Kind.WORD || kind == Kind.QUOTED_NAME;
  }
}
