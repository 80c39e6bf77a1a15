package io.holdfast.node.app;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.engine.InstanceType;
import io.holdfast.node.app.Section.Form;
import io.holdfast.node.app.Section.Show;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/// Reads `holdfast.jsonc`. Each key has its form and its limits here; docs/apps.md explains them.
final class DescriptorReader {
  private static final int ROUTES_MAX = 1_000;
  private static final int OBJECTS_MAX = 500;
  private static final double VCPU_MIN = 0.0625;
  private static final int VCPU_MAX = 64;
  private static final int MEMORY_MIB_MIN = 16;
  private static final int MEMORY_MIB_MAX = 1_048_576;
  private static final int DISK_MB_MIN = 1;
  private static final int DISK_MB_MAX = 10_000_000;

  private static final Form ANY = new Form("(?s).*", "a text");
  private static final Form NAME =
      new Form(
          NamespaceId.NAME,
          "a name of lower-case letters, digits and dashes that starts with a letter, up to 63 characters");
  private static final Form BINDING =
      new Form(
          "[A-Za-z][A-Za-z0-9_-]{0,62}",
          "a name of letters, digits, dashes and underscores that starts with a letter, up to 63 characters");
  private static final Form CLASS =
      new Form(
          "[\\p{L}_$][\\p{L}\\p{N}_$]*(\\.[\\p{L}_$][\\p{L}\\p{N}_$]*)*",
          "a class name such as com.example.Counter");
  private static final Form ROUTE =
      new Form(
          "(\\*|(\\*\\.)?[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63})*)?/(?!/)[\\x21-\\x7e&&[^?#*]]*\\*?",
          "a route such as example.com/*, *.example.com/api/* or /api/*");
  private static final Form IMAGE =
      new Form("[\\x21-\\x7e]{1,4096}", "an image reference of 1 to 4096 printable characters");

  private static final Form RUNTIME =
      new Form(
          "[A-Za-z0-9._-]{1,100}",
          "the name of a runtime: 1 to 100 letters, digits, dots, underscores, dashes");

  private static final Form PERSISTENT_PATH =
      new Form(
          "(?!/(proc|sys|dev)(/|$))(/(?!\\.{1,2}(/|$))[^/\\p{Cntrl}]{1,255}){1,16}",
          "an absolute path such as /workspace, without . and .., outside of /proc, /sys and /dev");

  private static final String INSTANCE_TYPES =
      "lite, basic, standard-1, standard-2, standard-3, standard-4 or an object of vcpu, memoryMib, diskMb";

  private final Problems problems;

  private DescriptorReader(Problems problems) {
    this.problems = problems;
  }

  /// The descriptor; worth nothing when problems were found.
  static Optional<AppDescriptor> read(byte[] utf8, Problems problems) {
    return DescriptorText.parse(utf8, problems)
        .flatMap(root -> Section.of(root, "", Show.VALUES, problems))
        .map(new DescriptorReader(problems)::app);
  }

  private AppDescriptor app(Section root) {
    root.allowOnly("name", "worker", "routes", "objects", "vars", "secrets", "$schema");
    root.optional("$schema", ANY);
    AppDescriptor app =
        new AppDescriptor(
            root.required("name", NAME).orElse(""),
            root.optional("worker", CLASS),
            root.texts("routes", ROUTES_MAX, ROUTE),
            objects(root),
            VariablesReader.vars(root),
            VariablesReader.secrets(root));
    if (!root.has("worker") && !app.routes().isEmpty()) {
      problems.add("worker", "the class that the routes lead to", "nothing");
    }
    if (!root.has("worker") && !root.has("objects")) {
      problems.add("the document", "a worker or objects", "neither");
    }
    return app;
  }

  private List<ObjectBinding> objects(Section root) {
    List<ObjectBinding> bindings = new ArrayList<>();
    Map<String, String> names = new HashMap<>();
    Map<String, String> classes = new HashMap<>();
    for (Section entry : root.sections("objects", OBJECTS_MAX)) {
      binding(entry).ifPresent(bindings::add);
      unlikeOthers(entry, "name", names);
      unlikeOthers(entry, "class", classes);
    }
    return bindings;
  }

  private void unlikeOthers(Section entry, String key, Map<String, String> seen) {
    if (entry.node().path(key).isTextual()) {
      String value = entry.node().path(key).textValue();
      String before = seen.putIfAbsent(value, entry.at(key));
      if (before != null) {
        problems.add(entry.at(key), "one of its own", Section.quoted(value) + " as in " + before);
      }
    }
  }

  private Optional<ObjectBinding> binding(Section entry) {
    if (entry.has("app") || entry.has("namespace")) {
      return ofOtherApp(entry);
    }
    entry.allowOnly("name", "class", "container", "app", "namespace");
    Optional<String> name = entry.required("name", NAME);
    Optional<String> type = entry.required("class", CLASS);
    Optional<ContainerConfig> container = entry.section("container").map(this::container);
    return name.flatMap(n -> type.map(c -> new ObjectBinding.Own(n, c, container)));
  }

  private Optional<ObjectBinding> ofOtherApp(Section entry) {
    for (String key : List.of("class", "container")) {
      if (entry.has(key)) {
        problems.add(entry.at(key), "nothing beside app and namespace", "a " + key);
      }
    }
    entry.allowOnly("name", "app", "namespace", "class", "container");
    Optional<String> name = entry.required("name", BINDING);
    Optional<String> app = entry.required("app", NAME);
    Optional<String> namespace = entry.required("namespace", NAME);
    return name.flatMap(n ->
        app.flatMap(
            a -> namespace.map(s -> new ObjectBinding.OfOtherApp(n, new NamespaceId(a, s)))));
  }

  private ContainerConfig container(Section section) {
    section.allowOnly(
        "image",
        "images",
        "instanceType",
        "maxInstances",
        "persistentPaths",
        "readOnlyRoot",
        "runtime");
    String image = section.required("image", IMAGE).orElse("");
    int maxInstances =
        section.has("maxInstances")
            ? section.integer("maxInstances", 1, ContainerConfig.MAX_INSTANCES_MAX).orElse(0)
            : ContainerConfig.MAX_INSTANCES_DEFAULT;
    return new ContainerConfig(
        image,
        images(section),
        instanceType(section),
        maxInstances,
        persistentPaths(section),
        section.flag("readOnlyRoot"),
        section.optional("runtime", RUNTIME));
  }

  private List<String> persistentPaths(Section container) {
    List<String> paths =
        container.texts("persistentPaths", ContainerConfig.PERSISTENT_PATHS_MAX, PERSISTENT_PATH);
    for (String path : paths) {
      for (String other : paths) {
        if (path.startsWith(other + "/")) {
          problems.add(
              container.at("persistentPaths"),
              "no path inside another",
              Section.quoted(path) + " in " + Section.quoted(other));
        }
      }
    }
    return paths;
  }

  private Map<String, String> images(Section container) {
    Map<String, String> images = new HashMap<>();
    container
        .section("images")
        .ifPresent(named -> {
          for (String name : named.keys(ContainerConfig.IMAGES_MAX, BINDING)) {
            named.required(name, IMAGE).ifPresent(reference -> images.put(name, reference));
          }
        });
    return images;
  }

  private InstanceType instanceType(Section container) {
    JsonNode value = container.node().path("instanceType");
    if (value.isMissingNode()) {
      return InstanceType.LITE;
    }
    if (value.isObject()) {
      return container.section("instanceType").map(this::customType).orElse(InstanceType.LITE);
    }
    try {
      return InstanceType.of(value.isTextual() ? value.textValue() : "");
    } catch (HoldfastException e) {
      problems.add(container.at("instanceType"), INSTANCE_TYPES, container.found(value));
      return InstanceType.LITE;
    }
  }

  private InstanceType customType(Section section) {
    section.allowOnly("vcpu", "memoryMib", "diskMb");
    OptionalDouble vcpu = section.number("vcpu", VCPU_MIN, VCPU_MAX);
    OptionalInt memory = section.integer("memoryMib", MEMORY_MIB_MIN, MEMORY_MIB_MAX);
    OptionalInt disk = section.integer("diskMb", DISK_MB_MIN, DISK_MB_MAX);
    return new InstanceType(
        "custom", vcpu.orElse(VCPU_MIN), memory.orElse(MEMORY_MIB_MIN), disk.orElse(DISK_MB_MIN));
  }
}
