/// The packaged node in a JVM of its own, killed for real.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | starting, killing and asking a node | [NodeProcess] |
/// | what the tests deploy: the examples, and an app made for crashes | [Apps], `app` |
/// | containers, as Docker has them | [DockerCli] |
package io.holdfast.multijvm;
