/// Scales, health-checks and balances a fleet of containers, all in code.
///
/// `POST /fleet/{region}/scale?count=3` (with the admin token) starts `instance-<region>-0` to
/// `-2`; any other path below `/fleet/{region}/` is answered by one of the healthy ones.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | HTTP in, balancing | [FleetWorker] |
/// | what should run, and what is healthy | [ContainerManager], [FleetStore] |
/// | which to start and which to stop | [ScalePlan] |
/// | one container | [Instance] |
@NullMarked
package io.holdfast.examples.orchestrator;

import org.jspecify.annotations.NullMarked;
