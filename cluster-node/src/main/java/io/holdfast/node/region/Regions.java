package io.holdfast.node.region;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigUtil;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The regions of the cluster, the same on all nodes: `holdfast.regions`.
public final class Regions {
  private static final String PATH = "holdfast.regions";
  private static final Set<String> KEYS = Set.of("number", "hints", "jurisdictions", "nearest");
  private static final Set<String> HINTS =
      Set.of(
          "wnam", "enam", "sam", "weur", "eeur", "apac", "apac-ne", "apac-se", "oc", "afr", "me");

  /** In the order of their numbers. */
  private final List<Region> all;

  private final Region self;

  private Regions(List<Region> all, Region self) {
    this.all = all;
    this.self = self;
  }

  /// Reads the node's configuration.
  ///
  /// @throws HoldfastException `config_invalid` that names the bad key
  public static Regions from(Config root) {
    String selfName = root.getString("holdfast.region");
    Map<String, Region> byName = new TreeMap<>();
    try {
      for (String name : root.getObject(PATH).keySet()) {
        byName.put(name, region(name, root.getConfig(PATH + "." + ConfigUtil.quoteString(name))));
      }
    } catch (ConfigException e) {
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, PATH + ": " + e.getMessage(), e);
    }
    if (byName.isEmpty()) {
      Region alone = Region.alone(selfName);
      return new Regions(List.of(alone), alone);
    }
    check(byName);
    Region self = byName.get(selfName);
    if (self == null) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "holdfast.region: expected one of %s, found '%s'".formatted(byName.keySet(), selfName));
    }
    return new Regions(
        byName.values().stream().sorted(Comparator.comparingInt(Region::number)).toList(), self);
  }

  private static Region region(String name, Config config) {
    for (String key : config.root().keySet()) {
      if (!KEYS.contains(key)) {
        throw invalid(name, "one of " + KEYS.stream().sorted().toList(), "'" + key + "'");
      }
    }
    if (!name.matches("[A-Za-z0-9-]{1,63}")) {
      throw invalid(name, "a name of 1 to 63 letters, digits and dashes", "'" + name + "'");
    }
    int number = config.getInt("number");
    if (number < 1 || number > 255) {
      throw invalid(name + ".number", "1 to 255", "" + number);
    }
    Set<String> hints = Set.copyOf(new HashSet<>(strings(config, "hints")));
    for (String hint : hints) {
      if (!HINTS.contains(hint)) {
        throw invalid(
            name + ".hints", "some of " + HINTS.stream().sorted().toList(), "'" + hint + "'");
      }
    }
    return new Region(
        name,
        number,
        hints,
        strings(config, "jurisdictions").stream()
            .map(text -> jurisdiction(name, text))
            .collect(Collectors.toUnmodifiableSet()),
        strings(config, "nearest"));
  }

  private static Jurisdiction jurisdiction(String region, String text) {
    try {
      return Jurisdiction.parse(text);
    } catch (HoldfastException e) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "%s.%s.jurisdictions: %s".formatted(PATH, region, e.getMessage()),
          e);
    }
  }

  private static List<String> strings(Config config, String key) {
    return config.hasPath(key) ? List.copyOf(config.getStringList(key)) : List.of();
  }

  private static void check(Map<String, Region> byName) {
    Map<Integer, String> numbers = new TreeMap<>();
    for (Region each : byName.values()) {
      String other = numbers.put(each.number(), each.name());
      if (other != null) {
        throw invalid(
            each.name() + ".number",
            "a number of its own",
            "%d, which %s has too".formatted(each.number(), other));
      }
      for (String near : each.nearest()) {
        if (!byName.containsKey(near)) {
          throw invalid(each.name() + ".nearest", "some of " + byName.keySet(), "'" + near + "'");
        }
      }
    }
  }

  private static HoldfastException invalid(String key, String expected, String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID, PATH + "." + key + ": expected " + expected + ", found " + found);
  }

  /// The region of this node.
  public Region self() {
    return self;
  }

  /// All of them, in the order of their numbers.
  public List<Region> all() {
    return all;
  }

  /// Whether there are others.
  public boolean areSeveral() {
    return all.size() > 1;
  }

  public Optional<Region> named(String name) {
    return all.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /// A region of which an operator speaks.
  ///
  /// @throws HoldfastException `invalid_argument` for one that there is not
  Region require(String name) {
    return named(name)
        .orElseThrow(() ->
            new HoldfastException(
                ErrorCode.INVALID_ARGUMENT,
                "expected a region of %s, found '%s'".formatted(all, name)));
  }

  public Optional<Region> numbered(int number) {
    return all.stream().filter(each -> each.number() == number).findFirst();
  }

  /// Where a new object that is first asked for here begins: where its hint says, else here, else
  /// near to here; never outside of its jurisdiction.
  ///
  /// @param hint one that means nothing here is ignored
  /// @param reachable others are passed over, unless nothing is left
  /// @throws HoldfastException `jurisdiction_unavailable` when no region has it
  public Region home(
      Optional<String> hint, Optional<Jurisdiction> jurisdiction, Predicate<Region> reachable) {
    List<Region> lawful = all.stream().filter(each -> isLawful(each, jurisdiction)).toList();
    if (lawful.isEmpty()) {
      throw new HoldfastException(
          ErrorCode.JURISDICTION_UNAVAILABLE,
          "expected a region of jurisdiction %s, found none among %s"
              .formatted(jurisdiction.orElseThrow(), all));
    }
    List<Region> wanted = byPreference(hint).filter(lawful::contains).toList();
    return wanted.stream().filter(reachable).findFirst().orElse(wanted.getFirst());
  }

  /// Whether what is under a jurisdiction, or under none, may be in a region.
  public static boolean isLawful(Region region, Optional<Jurisdiction> jurisdiction) {
    return jurisdiction.isEmpty() || region.jurisdictions().contains(jurisdiction.get());
  }

  /** All regions, the best first; some more than once. */
  private Stream<Region> byPreference(Optional<String> hint) {
    Stream<Region> meant =
        all.stream().filter(each -> hint.filter(each.hints()::contains).isPresent());
    Stream<Region> near = self.nearest().stream().flatMap(name -> named(name).stream());
    return Stream.of(meant, Stream.of(self), near, all.stream()).flatMap(each -> each);
  }

  /// All of them as the settings have them, the same text for the same regions.
  @Override
  public String toString() {
    return all.stream()
        .map(each ->
            "%s { number = %d, hints = %s, jurisdictions = %s, nearest = %s }"
                .formatted(
                    each.name(),
                    each.number(),
                    each.hints().stream().sorted().toList(),
                    each.jurisdictions().stream().sorted().toList(),
                    each.nearest()))
        .collect(Collectors.joining(", "));
  }
}
