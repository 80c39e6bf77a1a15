package io.holdfast.edge;

import io.holdfast.protocol.admin.ContainerAdmin;
import io.holdfast.protocol.admin.ObjectAdmin;
import io.holdfast.protocol.admin.RegionAdmin;
import io.holdfast.protocol.admin.UsageAdmin;

/// What the admin API stands on.
///
/// @param token what operators must know
public record AdminServices(
    ObjectAdmin objects,
    ContainerAdmin containers,
    UsageAdmin usage,
    RegionAdmin regions,
    BearerToken token) {}
