/// Containers as the rest of Holdfast sees them: a port, its values, readiness and reconciliation.
///
/// Everything here blocks and is called on virtual threads; nothing here knows Docker (that is
/// `engine.docker`), HTTP towards a container is in `engine.http`, and Pekko is not known at all.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the verbs, their wrong states and units | [ContainerEngine] |
/// | what to start, for whom | [ContainerSpec], [ContainerOwner], [InstanceType], [Network] |
/// | how names and labels are made | [ContainerName], [ContainerLabels] |
/// | what a container is doing, how it ended | [ContainerState], [ExitReason] |
/// | waiting until it answers | [ReadinessProbe], [io.holdfast.sdk.Readiness] |
/// | settings | [EngineConfig], `reference.conf` |
@NullMarked
package io.holdfast.engine;

import org.jspecify.annotations.NullMarked;
