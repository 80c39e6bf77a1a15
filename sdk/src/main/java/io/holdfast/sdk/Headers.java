package io.holdfast.sdk;

import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The headers of a request or response: immutable, in order, names compared without case, a name
/// may occur often.
public final class Headers implements Iterable<Map.Entry<String, String>> {
  private static final Headers EMPTY = new Headers(new String[0]);

  /** name, value, name, value, … */
  private final String[] pairs;

  private Headers(String[] pairs) {
    this.pairs = pairs;
  }

  public static Headers empty() {
    return EMPTY;
  }

  /// Headers from names and values in turn.
  ///
  /// @throws IllegalArgumentException when the count is odd, or a name or value cannot stand in an
  ///   HTTP header
  public static Headers of(String... namesAndValues) {
    if (namesAndValues.length % 2 != 0) {
      throw new IllegalArgumentException(
          "expected names and values in turn, found an odd count of strings");
    }
    if (namesAndValues.length == 0) {
      return EMPTY;
    }
    String[] copy = namesAndValues.clone();
    for (int i = 0; i < copy.length; i += 2) {
      checkName(copy[i]);
      checkValue(copy[i], copy[i + 1]);
    }
    return new Headers(copy);
  }

  /// The first value of a header.
  public Optional<String> first(String name) {
    return Optional.ofNullable(firstOrNull(name));
  }

  private @Nullable String firstOrNull(String name) {
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equalsIgnoreCase(name)) {
        return pairs[i + 1];
      }
    }
    return null;
  }

  /// All values of a header, in order; empty when there is none.
  public List<String> all(String name) {
    List<String> values = new ArrayList<>(2);
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equalsIgnoreCase(name)) {
        values.add(pairs[i + 1]);
      }
    }
    return List.copyOf(values);
  }

  public boolean contains(String name) {
    return firstOrNull(name) != null;
  }

  /// These headers with one more; an existing one of that name stays.
  public Headers add(String name, String value) {
    checkName(name);
    checkValue(name, value);
    String[] more = new String[pairs.length + 2];
    System.arraycopy(pairs, 0, more, 0, pairs.length);
    more[pairs.length] = name;
    more[pairs.length + 1] = value;
    return new Headers(more);
  }

  /// These headers with this one in place of all of its name.
  public Headers with(String name, String value) {
    return without(name).add(name, value);
  }

  /// These headers without those of the name.
  public Headers without(String name) {
    if (!contains(name)) {
      return this;
    }
    List<String> kept = new ArrayList<>(pairs.length);
    for (int i = 0; i < pairs.length; i += 2) {
      if (!pairs[i].equalsIgnoreCase(name)) {
        kept.add(pairs[i]);
        kept.add(pairs[i + 1]);
      }
    }
    return new Headers(kept.toArray(String[]::new));
  }

  /// The number of header lines.
  public int size() {
    return pairs.length / 2;
  }

  public String name(int index) {
    return pairs[index * 2];
  }

  public String value(int index) {
    return pairs[index * 2 + 1];
  }

  @Override
  public Iterator<Map.Entry<String, String>> iterator() {
    return new Iterator<>() {
      private int next = 0;

      @Override
      public boolean hasNext() {
        return next < pairs.length;
      }

      @Override
      public Map.Entry<String, String> next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        next += 2;
        return new SimpleImmutableEntry<>(pairs[next - 2], pairs[next - 1]);
      }
    };
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < pairs.length; i += 2) {
      text.append(pairs[i]).append(": ").append(pairs[i + 1]).append('\n');
    }
    return text.toString();
  }

  private static void checkName(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("expected a header name, found an empty string");
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean token =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
      if (!token) {
        throw new IllegalArgumentException(
            "expected an HTTP token as header name, found character 0x%02x in '%s'"
                .formatted((int) c, name));
      }
    }
  }

  private static void checkValue(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f) {
        throw new IllegalArgumentException(
            "expected printable characters in header '%s', found 0x%02x".formatted(name, (int) c));
      }
    }
  }
}
