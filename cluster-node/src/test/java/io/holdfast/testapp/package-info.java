/// The app of the node's own tests: each class does on request what a test wants to see. Packed as
/// a jar by `NodeFixture`.
@NullMarked
package io.holdfast.testapp;

import org.jspecify.annotations.NullMarked;
