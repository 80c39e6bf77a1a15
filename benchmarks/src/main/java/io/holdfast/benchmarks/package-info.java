/// The app that is measured: the same routes as the bench's app for workerd.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | routes | [BenchWorker] |
/// | memory, durable counter, alarm | [Obj] |
/// | a container per name | [Box] |
/// | how it is run | `benchmarks/compare.sh`, `benchmarks/compare/ours.mjs` |
@NullMarked
package io.holdfast.benchmarks;

import org.jspecify.annotations.NullMarked;
