/// The containers of this node's objects: started once, watched, put to sleep, adopted after a
/// restart.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | what follows what | [ContainerLifecycle] |
/// | one container | [ContainerSupervisor], what its parts share [ContainerCell], its runs [ContainerRun] |
/// | its start, its end | [ContainerOrders], [ContainerLaunch], [ContainerReadiness], [ContainerEnding] |
/// | its requests, its WebSockets | [ContainerTraffic], [SocketRelay] |
/// | when it sleeps | [ContainerIdleness], [IdleClock], [ContainerSleep], [ContainerPause], [PausedLimit] |
/// | all of a node | [ContainerHost], [AddressBook], its room in [io.holdfast.node.capacity] |
/// | adoption, orphans | [ContainerAdoption], [ContainerInventory] |
/// | what outlives the node | [RunFact], [RunRecord], [RunBook] |
@NullMarked
package io.holdfast.node.container;

import org.jspecify.annotations.NullMarked;
