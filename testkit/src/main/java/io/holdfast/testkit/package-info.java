/// Fakes with knobs, clocks and contract suites, for the tests of Holdfast and of app authors.
///
/// A fake passes the same contract as the real thing; tests set what goes wrong and count what was
/// asked.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | containers without an engine | [FakeContainerEngine], [FakeProgram], [FakeContainer] |
/// | WebSockets: a client, a server in a container | [TestWebSocket], [FakeSocketHandler] |
/// | what every container engine does | [ContainerEngineContract] |
@NullMarked
package io.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
