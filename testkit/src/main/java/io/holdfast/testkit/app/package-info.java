/// What an app author needs to test a Worker without a node: bindings made of plain Java objects.
///
/// Nothing here is durable and nothing runs elsewhere: a stub calls the object behind it on the
/// caller's thread.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | an `Env` for a test | [TestEnv] |
@NullMarked
package io.holdfast.testkit.app;

import org.jspecify.annotations.NullMarked;
