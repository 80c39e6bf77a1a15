/// What containers send to the world: a policy, and the proxy and the name server of the node that
/// apply it.
///
/// Traffic comes here by rules of the host's firewall ([io.holdfast.engine.docker]); nothing inside
/// a container can switch that off. Blocking, on virtual threads.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | who may reach what | [EgressPolicy], [HostPattern], [EgressDecision] |
/// | listening, one thread per connection | [EgressGate], [GateLine] |
/// | requests that can be read | [HttpRelay], [RelayCodec], [IncomingBody] |
/// | TLS: whom it is for, ending it, passing it on | [ClientHello], [GateLine], [EgressAuthority], [Splice] |
/// | names | [NameServer], [NameAnswers] |
/// | which addresses of the world may be reached | [WorldAddresses] |
/// | whose container it is | [EgressDirectory], [EgressClient] |
@NullMarked
package io.holdfast.engine.egress;

import org.jspecify.annotations.NullMarked;
