package io.holdfast.edge;

import io.holdfast.protocol.admin.ObjectAdmin;

/// What the admin API stands on.
///
/// @param token what operators must know
public record AdminServices(ObjectAdmin objects, BearerToken token) {}
