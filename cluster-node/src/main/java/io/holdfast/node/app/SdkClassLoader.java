package io.holdfast.node.app;

/// What every app sees besides its own classes: the JDK, the SDK and JSpecify, nothing else of the
/// node.
final class SdkClassLoader extends ClassLoader {
  static {
    registerAsParallelCapable();
  }

  private final ClassLoader node;

  SdkClassLoader(ClassLoader node) {
    super("holdfast-sdk", ClassLoader.getPlatformClassLoader());
    this.node = node;
  }

  /// Called for what the JDK has not.
  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    if (name.startsWith("io.holdfast.sdk.") || name.startsWith("org.jspecify.")) {
      return node.loadClass(name);
    }
    throw new ClassNotFoundException(name);
  }
}
