/// The containers of this node's objects: started once, watched, put to sleep, adopted after a
/// restart.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | what follows what | [ContainerLifecycle] |
/// | one container | [ContainerSupervisor], its runs [ContainerRun], when it sleeps [IdleClock] |
/// | its WebSockets | [SocketRelay] |
/// | all of a node | [ContainerHost], [InstanceLimits], [AddressBook] |
/// | adoption, orphans | [ContainerInventory] |
@NullMarked
package io.holdfast.node.container;

import org.jspecify.annotations.NullMarked;
