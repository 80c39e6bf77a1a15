/// The Docker Engine as a [io.holdfast.engine.ContainerEngine], over its HTTP API.
///
/// Blocking calls for virtual threads; one event stream tells of all exits. Works with Docker 20.10
/// and later.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the verbs | [DockerContainerEngine] |
/// | start, and what is done about a container that is there already | [DockerStart] |
/// | what every container is held to | [ContainerTemplate] |
/// | networks, and the fence between containers and host | [DockerNetworks], [HostFence] |
/// | networks that are ready before a container needs them | [NetworkSlots] |
/// | what the engine says of its walls | [DockerSecurity] |
/// | learning of exits | [ExitWatch] |
/// | calls, time limits, Docker's errors in our words | [DockerConnection] |
@NullMarked
package io.holdfast.engine.docker;

import org.jspecify.annotations.NullMarked;
