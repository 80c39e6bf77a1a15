package io.holdfast.node.app;

import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.Worker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An app that was checked and can run.
///
/// @param jar the file in the app directory it came from; nothing is read from it any more
/// @param copy the private copy that classes are read from; close removes it
/// @param classLoader to be the context class loader of threads that run the app's code
/// @param codec knows the app's classes; use it for nothing else
public record LoadedApp(
    AppDescriptor descriptor,
    Path jar,
    JarCopy copy,
    URLClassLoader classLoader,
    Optional<Worker> worker,
    List<ObjectClass> objects,
    ValueCodec codec,
    Secrets secrets)
    implements AutoCloseable {
  public LoadedApp {
    objects = List.copyOf(objects);
  }

  public String name() {
    return descriptor.name();
  }

  public Map<String, String> vars() {
    return descriptor.vars();
  }

  /// Gives its files back; classes not yet loaded cannot be loaded any more. Safe to repeat.
  @Override
  public void close() {
    try {
      classLoader.close();
    } catch (IOException e) {
      throw new UncheckedIOException("app " + name() + " cannot be closed", e);
    } finally {
      copy.delete();
    }
  }
}
