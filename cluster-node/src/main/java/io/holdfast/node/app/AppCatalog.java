package io.holdfast.node.app;

import io.holdfast.protocol.NamespaceDirectory;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// All apps of a node and the namespaces they declare. Thread-safe.
public final class AppCatalog implements NamespaceDirectory, AutoCloseable {
  private final Map<String, LoadedApp> apps = new LinkedHashMap<>();
  private final Map<String, AppBindings> bindings = new HashMap<>();
  private final Map<NamespaceId, Namespaced> namespaces = new HashMap<>();

  /// By `app.name` and by `name`.
  private final Map<String, List<NamespaceId>> byText = new TreeMap<>();

  private record Namespaced(LoadedApp app, ObjectClass objects, ObjectIds ids) {}

  private AppCatalog() {}

  /// @throws HoldfastException `app_invalid` when two have the same name, or one binds to a
  ///   namespace that another does not have
  public static AppCatalog of(List<LoadedApp> apps) {
    AppCatalog catalog = new AppCatalog();
    apps.forEach(catalog::add);
    apps.forEach(catalog::bind);
    return catalog;
  }

  private void add(LoadedApp app) {
    LoadedApp before = apps.putIfAbsent(app.name(), app);
    if (before != null) {
      throw new HoldfastException(
          ErrorCode.APP_INVALID,
          "name: expected one app of each name, found '%s' in %s and %s"
              .formatted(app.name(), before.jar(), app.jar()));
    }
    for (ObjectClass objects : app.objects()) {
      NamespaceId id = objects.namespace();
      namespaces.put(id, new Namespaced(app, objects, new ObjectIds(id)));
      byText.put(id.toString(), List.of(id));
      byText.computeIfAbsent(id.name(), name -> new ArrayList<>()).add(id);
    }
  }

  private void bind(LoadedApp app) {
    Problems problems = new Problems(app.jar().toString());
    Map<String, AppBindings.Target> targets = new HashMap<>();
    List<ObjectBinding> entries = app.descriptor().objects();
    for (int i = 0; i < entries.size(); i++) {
      NamespaceId id =
          switch (entries.get(i)) {
            case ObjectBinding.Own own -> new NamespaceId(app.name(), own.name());
            case ObjectBinding.OfOtherApp other -> other.namespace();
          };
      Namespaced found = namespaces.get(id);
      if (found == null) {
        problems.add(
            "objects[" + i + "]", "a namespace that an app has", "'" + id + "'; " + existing());
      } else {
        targets.put(entries.get(i).name(), new AppBindings.Target(id, found.ids()));
      }
    }
    problems.throwIfAny();
    bindings.put(
        app.name(), new AppBindings(app.name(), targets, app.vars(), app.secrets(), app.codec()));
  }

  /// In the order of their files' names.
  public Collection<LoadedApp> apps() {
    return Collections.unmodifiableCollection(apps.values());
  }

  /// The app that a namespace belongs to.
  ///
  /// @throws HoldfastException `namespace_not_found`
  public LoadedApp app(NamespaceId namespace) {
    return namespaced(namespace).app();
  }

  /// The class of a namespace's objects.
  ///
  /// @throws HoldfastException `namespace_not_found`
  public ObjectClass objectClass(NamespaceId namespace) {
    return namespaced(namespace).objects();
  }

  /// The class of a namespace's objects, if there is such a namespace.
  public Optional<ObjectClass> find(NamespaceId namespace) {
    return Optional.ofNullable(namespaces.get(namespace)).map(Namespaced::objects);
  }

  /// Whether any object may own a container.
  public boolean hasContainers() {
    return namespaces.values().stream().anyMatch(each -> each.objects().container().isPresent());
  }

  /// How many containers the objects of a namespace may run at one time.
  public int instancesMax(NamespaceId namespace) {
    return find(namespace)
        .flatMap(ObjectClass::container)
        .map(ContainerConfig::maxInstances)
        .orElse(0);
  }

  /// The references of all images that apps name.
  public Set<String> images() {
    return namespaces.values().stream()
        .flatMap(each -> each.objects().container().stream())
        .flatMap(
            config -> Stream.concat(Stream.of(config.image()), config.images().values().stream()))
        .collect(Collectors.toUnmodifiableSet());
  }

  /// What code of the app sees: of its Worker, or of one of its objects.
  public Env env(LoadedApp app, ObjectGateway gateway, Caller caller) {
    AppBindings bound = bindings.get(app.name());
    if (bound == null) {
      throw new IllegalArgumentException("app " + app.name() + " is not of this catalog");
    }
    return new BoundEnv(bound, gateway, caller);
  }

  @Override
  public NamespaceId resolve(String name) {
    List<NamespaceId> found = byText.getOrDefault(name, List.of());
    return switch (found.size()) {
      case 0 -> throw notFound(name);
      case 1 -> found.getFirst();
      default ->
          throw new HoldfastException(
              ErrorCode.NAMESPACE_NOT_FOUND,
              "expected one namespace '%s', found several: %s; say which, as app.name"
                  .formatted(name, list(found)));
    };
  }

  @Override
  public ObjectIds ids(NamespaceId namespace) {
    return namespaced(namespace).ids();
  }

  private Namespaced namespaced(NamespaceId namespace) {
    Namespaced found = namespaces.get(namespace);
    if (found == null) {
      throw notFound(namespace.toString());
    }
    return found;
  }

  private HoldfastException notFound(String name) {
    return new HoldfastException(
        ErrorCode.NAMESPACE_NOT_FOUND,
        "expected a namespace that an app has, found '" + name + "'; " + existing());
  }

  private String existing() {
    return namespaces.isEmpty() ? "there are none" : "there are " + list(qualified());
  }

  private List<String> qualified() {
    return byText.keySet().stream().filter(name -> name.indexOf('.') > 0).toList();
  }

  private static String list(Collection<?> names) {
    return names.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  /// Closes all apps. Safe to repeat.
  @Override
  public void close() {
    apps.values().forEach(LoadedApp::close);
  }
}
