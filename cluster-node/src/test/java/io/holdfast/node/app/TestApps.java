package io.holdfast.node.app;

import io.holdfast.protocol.ValueCodec;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Apps made of classes of the test itself, without a jar.
public final class TestApps {
  private TestApps() {}

  /// A catalog of one app with this descriptor.
  public static AppCatalog of(String descriptor) {
    AppDescriptor app =
        AppDescriptor.parse("test.jsonc", descriptor.getBytes(StandardCharsets.UTF_8));
    URLClassLoader loader =
        new URLClassLoader("app " + app.name(), new URL[0], TestApps.class.getClassLoader());
    Problems problems = new Problems("test.jsonc");
    List<ObjectClass> objects = new AppClasses(loader, problems).objects(app);
    problems.throwIfAny();
    return AppCatalog.of(
        List.of(
            new LoadedApp(
                app,
                Path.of("test.jar"),
                new JarCopy(Path.of("target", "no-jar"), List.of()),
                loader,
                Optional.empty(),
                objects,
                new ValueCodec(),
                new Secrets(Map.of()))));
  }
}
