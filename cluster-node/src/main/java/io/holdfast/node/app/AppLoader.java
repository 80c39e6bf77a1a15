package io.holdfast.node.app;

import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Worker;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Loads the apps of an app directory: each `*.jar` is one, with libraries inside it or in a folder
/// `x.lib` beside `x.jar`.
public final class AppLoader {
  private final Path workDirectory;
  private final Function<String, Optional<String>> environment;
  private final ClassLoader sdk = new SdkClassLoader(AppLoader.class.getClassLoader());

  /// @param workDirectory takes copies of the jars; this node's alone, made when missing
  public AppLoader(Path workDirectory) {
    this(workDirectory, name -> Optional.ofNullable(System.getenv(name)));
  }

  AppLoader(Path workDirectory, Function<String, Optional<String>> environment) {
    this.workDirectory = workDirectory;
    this.environment = environment;
  }

  /// Loads all apps or none. Call it once per node: it removes the copies of an earlier run.
  ///
  /// @throws HoldfastException `app_invalid`, with everything that is wrong with any of them
  public AppCatalog loadAll(Path appDirectory) {
    List<LoadedApp> apps = new ArrayList<>();
    try {
      List<String> failures = new ArrayList<>();
      for (Path jar : jars(appDirectory)) {
        try {
          apps.add(load(jar));
        } catch (HoldfastException e) {
          failures.add(e.getMessage());
        }
      }
      if (!failures.isEmpty()) {
        throw new HoldfastException(ErrorCode.APP_INVALID, String.join("\n", failures));
      }
      return AppCatalog.of(apps);
    } catch (RuntimeException | Error e) {
      apps.forEach(LoadedApp::close);
      throw e;
    }
  }

  private List<Path> jars(Path appDirectory) {
    if (!Files.isDirectory(appDirectory)) {
      throw new HoldfastException(
          ErrorCode.APP_INVALID,
          "expected the app directory " + appDirectory + ", found none there");
    }
    try {
      Files.createDirectories(workDirectory);
      JarCopy.deleteLeftovers(workDirectory);
      return JarCopy.jarsIn(appDirectory);
    } catch (IOException e) {
      throw unreadable(appDirectory, e);
    }
  }

  private LoadedApp load(Path jar) {
    Problems problems = new Problems(jar.toString());
    JarCopy copy = copy(jar);
    try {
      Optional<AppDescriptor> descriptor =
          JarCheck.descriptor(copy.jars().getFirst(), problems)
              .flatMap(bytes -> DescriptorReader.read(bytes, problems));
      problems.throwIfAny();
      return load(descriptor.orElseThrow(), jar, copy, problems);
    } catch (RuntimeException | Error e) {
      copy.delete();
      throw e;
    }
  }

  private JarCopy copy(Path jar) {
    try {
      return JarCopy.of(jar, workDirectory);
    } catch (IOException e) {
      throw unreadable(jar, e);
    }
  }

  private LoadedApp load(AppDescriptor app, Path jar, JarCopy copy, Problems problems) {
    URLClassLoader loader = new URLClassLoader("app " + app.name(), copy.urls(), sdk);
    try {
      Path base = jar.toAbsolutePath().getParent();
      Secrets secrets =
          new SecretReader(base == null ? jar : base, environment).read(app.secrets(), problems);
      AppClasses classes = new AppClasses(loader, problems);
      List<ObjectClass> objects = classes.objects(app);
      Optional<Constructor<? extends Worker>> constructor = classes.worker(app);
      problems.throwIfAny();
      Optional<Worker> worker = constructor.flatMap(c -> worker(c, loader, problems));
      problems.throwIfAny();
      return new LoadedApp(app, jar, copy, loader, worker, objects, new ValueCodec(), secrets);
    } catch (RuntimeException | Error e) {
      close(loader);
      throw e;
    }
  }

  private static Optional<Worker> worker(
      Constructor<? extends Worker> constructor, ClassLoader loader, Problems problems) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return Optional.of(constructor.newInstance());
    } catch (InvocationTargetException e) {
      problems.add("worker", "its constructor to return", "it threw " + e.getCause());
    } catch (ReflectiveOperationException | LinkageError e) {
      Throwable reason = e.getCause() == null ? e : e.getCause();
      problems.add("worker", "a class that can be loaded", "it failed with " + reason);
    } finally {
      thread.setContextClassLoader(before);
    }
    return Optional.empty();
  }

  private static void close(URLClassLoader loader) {
    try {
      loader.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static HoldfastException unreadable(Path path, IOException e) {
    return new HoldfastException(ErrorCode.APP_INVALID, path + ": cannot be read: " + e, e);
  }
}
