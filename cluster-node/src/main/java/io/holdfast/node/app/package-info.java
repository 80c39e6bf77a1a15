/// Apps: what is in the app directory, checked and loaded, and what their code sees of the world.
///
/// An app is a jar with a `holdfast.jsonc` at its root. Each has a class loader of its own that
/// shows the JDK and the SDK, nothing of the node.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | what a descriptor may say | [AppDescriptor], `DescriptorReader`, docs/apps.md |
/// | loading the app directory | [AppLoader], [LoadedApp], `AppClasses` |
/// | all apps of a node | [AppCatalog] |
/// | which methods of an object can be called, and calling them | [ObjectClass], [RpcMethods] |
/// | what app code sees | [BoundEnv], `Namespace`, `Stub`, `RpcProxy` |
/// | how its calls leave | [Caller], [WorkerCaller], [Waiting] |
@NullMarked
package io.holdfast.node.app;

import org.jspecify.annotations.NullMarked;
