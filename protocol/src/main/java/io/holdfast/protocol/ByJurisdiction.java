package io.holdfast.protocol;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;

/// What there is of a kind for objects without a jurisdiction, and apart from it for those of some
/// jurisdictions.
///
/// @param parts all that are here; the first is that of no jurisdiction, and of those that are not
///   kept apart
/// @param elsewhere jurisdictions of which nothing may be here
/// @param <T> where something of objects is kept
public record ByJurisdiction<T>(
    SequencedMap<Optional<Jurisdiction>, T> parts, Set<Jurisdiction> elsewhere) {
  public ByJurisdiction {
    parts = Collections.unmodifiableSequencedMap(parts);
    elsewhere = Set.copyOf(elsewhere);
  }

  /// One for all objects.
  public static <T> ByJurisdiction<T> together(T all) {
    return apart(all, Map.of(), Set.of());
  }

  /// @param rest for objects of no jurisdiction, and of those that are not kept apart
  /// @param apart of jurisdictions that are
  /// @param elsewhere jurisdictions of which nothing may be here
  public static <T> ByJurisdiction<T> apart(
      T rest, Map<Jurisdiction, T> apart, Set<Jurisdiction> elsewhere) {
    SequencedMap<Optional<Jurisdiction>, T> parts = new LinkedHashMap<>();
    parts.put(Optional.empty(), rest);
    apart.forEach((law, part) -> parts.put(Optional.of(law), part));
    return new ByJurisdiction<>(parts, elsewhere);
  }

  /// That of an object.
  ///
  /// @param key of the object, or a text that ends with it
  /// @throws HoldfastException `jurisdiction_unavailable` when it must not be here
  public T of(String key) {
    if (parts.size() == 1 && elsewhere.isEmpty()) {
      return rest();
    }
    Optional<Jurisdiction> law = lawOf(key);
    if (law.filter(elsewhere::contains).isPresent()) {
      throw new HoldfastException(
          ErrorCode.JURISDICTION_UNAVAILABLE,
          "expected a region of jurisdiction %s, where Durable Object %s is kept, found one without"
              .formatted(law.get(), key.substring(key.indexOf('|') + 1)));
    }
    return Objects.requireNonNull(parts.get(law));
  }

  /// The jurisdiction for which an object is kept apart, here or elsewhere.
  ///
  /// @param key of the object, or a text that ends with it
  public Optional<Jurisdiction> lawOf(String key) {
    return Jurisdiction.ofKey(key)
        .filter(law -> elsewhere.contains(law) || parts.containsKey(Optional.of(law)));
  }

  /// That of no jurisdiction.
  public T rest() {
    return parts.firstEntry().getValue();
  }

  /// The same division of something else.
  public <U> ByJurisdiction<U> map(Function<T, U> to) {
    SequencedMap<Optional<Jurisdiction>, U> mapped = new LinkedHashMap<>();
    parts.forEach((law, part) -> mapped.put(law, to.apply(part)));
    return new ByJurisdiction<>(mapped, elsewhere);
  }
}
