/// Runs code of strangers in a container without a network, one container per name.
///
/// The working folder and the history of runs outlive the container: the object keeps both in its
/// database.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | HTTP in | [SandboxWorker] |
/// | the object and its container, saving and restoring the state | [Sandbox] |
/// | its tables | [SandboxStore] |
/// | what the Worker may ask of it | [SandboxApi] |
/// | what runs inside the container | `image/agent/cgi-bin` |
@NullMarked
package io.holdfast.examples.sandbox;

import org.jspecify.annotations.NullMarked;
