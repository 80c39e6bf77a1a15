package io.holdfast.sdk;

/// Something that must hold before a [Container] counts as ready, see [Container#readyOn].
public sealed interface ReadyCheck {
  /// The port answers HTTP, with any status.
  static ReadyCheck portResponding(int port) {
    return new Probe(new Readiness.AnyHttp(port));
  }

  /// A `GET` of the path on the port is answered with a status from 200 to 399.
  static ReadyCheck pathHealthy(int port, String path) {
    return new Probe(new Readiness.Http(port, path));
  }

  /// The test says so, such as `until(container -> container.exec(List.of("pg_isready"),
  /// ExecOptions.DEFAULT).exitCode() == 0)`.
  static ReadyCheck until(Test test) {
    return new Custom(test);
  }

  /// Runs as code of the object, again and again; what it throws counts as no.
  @FunctionalInterface
  interface Test {
    /// @param container the way to it: methods of [Container] wait for the start
    boolean holds(ContainerHandle container) throws Exception;
  }

  /// Asked of the container by the runtime.
  record Probe(Readiness readiness) implements ReadyCheck {}

  /// Asked by code of the object.
  record Custom(Test test) implements ReadyCheck {}
}
