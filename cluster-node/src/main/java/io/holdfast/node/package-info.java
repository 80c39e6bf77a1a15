/// The process: reads its configuration, wires everything, serves, and shuts down in order.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the command line | [Main], [NodeArguments] |
/// | what is wired to what | [Node], [NodeConfig] |
/// | apps, objects, containers | the packages `app`, `object`, `container` |
/// | idempotency keys, messages between objects | the packages `idempotency`, `message` |
/// | on which threads actors run | the package `dispatch` |
@NullMarked
package io.holdfast.node;

import org.jspecify.annotations.NullMarked;
