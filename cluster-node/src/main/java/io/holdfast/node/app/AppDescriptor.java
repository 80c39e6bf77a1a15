package io.holdfast.node.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What an app says about itself in `holdfast.jsonc`. The manual is docs/apps.md.
///
/// @param name the app's name, see [io.holdfast.protocol.NamespaceId#NAME]
/// @param worker the class of its [io.holdfast.sdk.Worker]
/// @param routes the host and path patterns that lead to the worker
/// @param objects its bindings to namespaces of objects, its own and those of other apps
/// @param vars what [io.holdfast.sdk.Env#var] answers
/// @param secrets where [io.holdfast.sdk.Env#secret] gets its answers
public record AppDescriptor(
    String name,
    Optional<String> worker,
    List<String> routes,
    List<ObjectBinding> objects,
    Map<String, String> vars,
    Map<String, SecretSource> secrets) {
  /// The descriptor's name in the jar.
  public static final String FILE = "holdfast.jsonc";

  /// The largest descriptor: 1 MiB.
  public static final int BYTES_MAX = 1 << 20;

  public AppDescriptor {
    routes = List.copyOf(routes);
    objects = List.copyOf(objects);
    vars = Collections.unmodifiableMap(new LinkedHashMap<>(vars));
    secrets = Collections.unmodifiableMap(new LinkedHashMap<>(secrets));
  }

  /// Reads a descriptor: JSON with comments and trailing commas.
  ///
  /// @param source what messages call it, such as the path of the jar
  /// @throws io.holdfast.sdk.HoldfastException `app_invalid`, with everything that is wrong with it
  public static AppDescriptor parse(String source, byte[] utf8) {
    Problems problems = new Problems(source);
    Optional<AppDescriptor> descriptor = DescriptorReader.read(utf8, problems);
    problems.throwIfAny();
    return descriptor.orElseThrow();
  }

  /// The namespaces that the app itself has classes for.
  public List<ObjectBinding.Own> ownObjects() {
    List<ObjectBinding.Own> own = new ArrayList<>();
    for (ObjectBinding binding : objects) {
      switch (binding) {
        case ObjectBinding.Own mine -> own.add(mine);
        case ObjectBinding.OfOtherApp other -> {}
      }
    }
    return own;
  }
}
