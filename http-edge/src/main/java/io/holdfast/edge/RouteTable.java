package io.holdfast.edge;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Finds the app of a request: the most specific route wins, an exact host before `*.host` (the
/// longest first) before any host, then an exact path before the longest prefix.
///
/// A host whose routes do not have the path leaves the request to less specific hosts. Immutable.
public final class RouteTable<T> {
  private final Map<String, PathTable<T>> exactHosts;
  private final Map<String, PathTable<T>> parentHosts;
  private final @Nullable PathTable<T> anyHost;

  private RouteTable(
      Map<String, PathTable<T>> exactHosts,
      Map<String, PathTable<T>> parentHosts,
      @Nullable PathTable<T> anyHost) {
    this.exactHosts = Map.copyOf(exactHosts);
    this.parentHosts = Map.copyOf(parentHosts);
    this.anyHost = anyHost;
  }

  /// One route and what it leads to.
  ///
  /// @param owner the app's name, for messages
  public record Entry<T>(Route route, String owner, T target) {}

  /// @throws HoldfastException `app_invalid` when two owners have the same pattern, naming both
  public static <T> RouteTable<T> of(List<Entry<T>> entries) {
    Map<Route, Entry<T>> byPattern = new HashMap<>();
    Map<String, PathTable.Builder<T>> exact = new HashMap<>();
    Map<String, PathTable.Builder<T>> parents = new HashMap<>();
    Map<String, PathTable.Builder<T>> any = new HashMap<>();
    for (Entry<T> entry : entries) {
      refuseSecondOwner(byPattern.put(entry.route(), entry), entry);
      Map<String, PathTable.Builder<T>> hosts =
          switch (entry.route().hostKind()) {
            case EXACT -> exact;
            case SUBDOMAINS -> parents;
            case ANY -> any;
          };
      hosts.computeIfAbsent(entry.route().host(), _ -> new PathTable.Builder<>()).add(entry);
    }
    return new RouteTable<>(built(exact), built(parents), built(any).get(""));
  }

  private static <T> void refuseSecondOwner(@Nullable Entry<T> first, Entry<T> second) {
    if (first != null && !first.owner().equals(second.owner())) {
      throw new HoldfastException(
          ErrorCode.APP_INVALID,
          "route '%s': expected one app, found '%s' and '%s'"
              .formatted(second.route(), first.owner(), second.owner()));
    }
  }

  private static <T> Map<String, PathTable<T>> built(Map<String, PathTable.Builder<T>> builders) {
    Map<String, PathTable<T>> tables = new HashMap<>();
    builders.forEach((host, builder) -> tables.put(host, builder.build()));
    return tables;
  }

  /// The target of the most specific route, or null.
  ///
  /// @param host lower case, without port
  /// @param path percent-encoded, without query
  public @Nullable T find(String host, String path) {
    T found = findIn(exactHosts.get(host), path);
    if (found == null && !parentHosts.isEmpty()) {
      found = findInParents(host, path);
    }
    return found == null ? findIn(anyHost, path) : found;
  }

  private @Nullable T findInParents(String host, String path) {
    for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      T found = findIn(parentHosts.get(host.substring(dot + 1)), path);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private @Nullable T findIn(@Nullable PathTable<T> table, String path) {
    return table == null ? null : table.find(path);
  }

  /// The paths of one host: exact ones in a hash table; prefixes sorted, each knowing the longest
  /// other prefix that it starts with. The longest prefix of a path is the last one that sorts
  /// before the path, or one of those it starts with.
  private static final class PathTable<T> {
    private final Map<String, T> exact;
    private final String[] prefixes;
    private final List<T> targets;
    private final int[] parents;

    PathTable(Map<String, T> exact, SortedMap<String, T> byPrefix) {
      this.exact = Map.copyOf(exact);
      this.prefixes = byPrefix.keySet().toArray(String[]::new);
      this.targets = List.copyOf(byPrefix.values());
      this.parents = parents(prefixes);
    }

    private static int[] parents(String[] sorted) {
      int[] parents = new int[sorted.length];
      for (int i = 0; i < sorted.length; i++) {
        int parent = i - 1;
        while (parent >= 0 && !sorted[i].startsWith(sorted[parent])) {
          parent = parents[parent];
        }
        parents[i] = parent;
      }
      return parents;
    }

    @Nullable T find(String path) {
      T found = exact.get(path);
      if (found != null) {
        return found;
      }
      int candidate = lastNotAfter(path);
      while (candidate >= 0 && !path.startsWith(prefixes[candidate])) {
        candidate = parents[candidate];
      }
      return candidate < 0 ? null : targets.get(candidate);
    }

    private int lastNotAfter(String path) {
      int low = 0;
      int high = prefixes.length - 1;
      while (low <= high) {
        int middle = (low + high) >>> 1;
        if (prefixes[middle].compareTo(path) <= 0) {
          low = middle + 1;
        } else {
          high = middle - 1;
        }
      }
      return high;
    }

    private static final class Builder<T> {
      private final Map<String, T> exact = new HashMap<>();
      private final TreeMap<String, T> prefixes = new TreeMap<>();

      void add(Entry<T> entry) {
        Map<String, T> paths =
            switch (entry.route().pathKind()) {
              case EXACT -> exact;
              case PREFIX -> prefixes;
            };
        paths.put(entry.route().path(), entry.target());
      }

      PathTable<T> build() {
        return new PathTable<>(exact, prefixes);
      }
    }
  }
}
