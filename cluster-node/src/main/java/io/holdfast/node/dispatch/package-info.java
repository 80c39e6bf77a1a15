/// On which threads actors run. Why: decision 0018.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | actors on virtual threads | [VirtualDispatch] |
/// | code that keeps a carrier busy must not stop them | [CarrierWatch] |
/// | the threads that wait for the network | [SelectorThreads] |
@NullMarked
package io.holdfast.node.dispatch;

import org.jspecify.annotations.NullMarked;
