/// What the modules share: addresses, ids, calls to objects, the value codec and the ports between
/// edge and node.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | which object | [NamespaceDirectory], [NamespaceId], [ObjectAddress], [ObjectIds] |
/// | calling it | [ObjectGateway], [RpcCall], [CallContext], [IdempotencyKey] |
/// | values as CBOR and JSON | [ValueCodec] |
/// | ranges of settings | [SettingGroup] |
@NullMarked
package io.holdfast.protocol;

import org.jspecify.annotations.NullMarked;
