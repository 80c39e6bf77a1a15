/// The `holdfast` command: what an operator does with a node, over its admin API.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the process | [Main] |
/// | the commands | [HoldfastCommand], [ObjectsCommand], [ContainersCommand], [LogsCommand], [MeteringCommand] |
/// | talking to the node | `NodeOptions`, `AdminClient` |
/// | what people see | `TextTable`, `Text` |
@NullMarked
package io.holdfast.cli;

import org.jspecify.annotations.NullMarked;
