package io.holdfast.node.app;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.sdk.Container;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Worker;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Finds the classes that a descriptor names and checks that they can play their part. Runs no code
/// of them.
final class AppClasses {
  private final ClassLoader loader;
  private final Problems problems;

  AppClasses(ClassLoader loader, Problems problems) {
    this.loader = loader;
    this.problems = problems;
  }

  /// The constructor of the app's worker; empty when it has none or problems were found.
  Optional<Constructor<? extends Worker>> worker(AppDescriptor app) {
    return app.worker()
        .flatMap(name -> find("worker", name, Worker.class, "a class that implements Worker"))
        .flatMap(type -> constructor("worker", type));
  }

  /// The object classes of the app, but for those that problems were found with.
  List<ObjectClass> objects(AppDescriptor app) {
    List<ObjectClass> classes = new ArrayList<>();
    for (int i = 0; i < app.objects().size(); i++) {
      if (app.objects().get(i) instanceof ObjectBinding.Own own) {
        object(app.name(), own, "objects[" + i + "]").ifPresent(classes::add);
      }
    }
    return classes;
  }

  private Optional<ObjectClass> object(String app, ObjectBinding.Own own, String path) {
    String where = path + ".class";
    return find(where, own.className(), DurableObject.class, "a class that extends DurableObject")
        .filter(type -> constructor(where, type, ObjectContext.class, Env.class).isPresent())
        .filter(type -> hasItsContainer(path, own, type))
        .flatMap(type -> object(where, new NamespaceId(app, own.name()), own, type));
  }

  private Optional<ObjectClass> object(
      String where,
      NamespaceId namespace,
      ObjectBinding.Own own,
      Class<? extends DurableObject> type) {
    try {
      return Optional.of(ObjectClass.of(namespace, type, own.container()));
    } catch (HoldfastException e) {
      problems.add(where + ": " + e.getMessage());
    } catch (LinkageError e) {
      problems.add(where, "a class that can be loaded", because(type.getName(), e));
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e); // Checked before.
    }
    return Optional.empty();
  }

  private boolean hasItsContainer(String path, ObjectBinding.Own own, Class<?> type) {
    boolean fits = own.container().isPresent() || !Container.class.isAssignableFrom(type);
    if (!fits) {
      problems.add(
          path + ".container",
          "an object with the image, because " + type.getName() + " extends Container",
          "nothing");
    }
    return fits;
  }

  private <T> Optional<Class<? extends T>> find(
      String path, String name, Class<T> wanted, String expected) {
    try {
      Class<?> type = Class.forName(name, false, loader);
      if (!wanted.isAssignableFrom(type)) {
        problems.add(path, expected, name + ", which does not");
      } else if (!Modifier.isPublic(type.getModifiers())) {
        problems.add(path, "a public class", name + ", which is not public");
      } else if (Modifier.isAbstract(type.getModifiers())) {
        problems.add(path, "a class that is not abstract", name + ", which is");
      } else {
        return Optional.of(type.asSubclass(wanted));
      }
    } catch (ClassNotFoundException e) {
      problems.add(path, "a class of the app", "no class " + name + " in it");
    } catch (LinkageError e) {
      problems.add(path, "a class that can be loaded", because(name, e));
    }
    return Optional.empty();
  }

  private <T> Optional<Constructor<? extends T>> constructor(
      String path, Class<? extends T> type, Class<?>... parameters) {
    try {
      return Optional.of(type.getConstructor(parameters));
    } catch (NoSuchMethodException e) {
      problems.add(
          path,
          "a public constructor " + type.getSimpleName() + list(parameters),
          constructors(type));
    } catch (LinkageError e) {
      problems.add(path, "a class that can be loaded", because(type.getName(), e));
    }
    return Optional.empty();
  }

  private static String constructors(Class<?> type) {
    List<String> found =
        Arrays.stream(type.getDeclaredConstructors())
            .map(c ->
                (Modifier.isPublic(c.getModifiers()) ? "" : "non-public ")
                    + type.getSimpleName()
                    + list(c.getParameterTypes()))
            .toList();
    return found.isEmpty() ? "none" : String.join(", ", found);
  }

  private static String list(Class<?>... types) {
    return Arrays.stream(types)
        .map(Class::getSimpleName)
        .collect(Collectors.joining(", ", "(", ")"));
  }

  private static String because(String name, LinkageError e) {
    return e.getClass() == NoClassDefFoundError.class
        ? name
            + ", which needs the missing class "
            + String.valueOf(e.getMessage()).replace('/', '.')
        : name + ", which cannot: " + e;
  }
}
