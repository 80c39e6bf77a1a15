package io.holdfast.sdk;

import java.time.Instant;

/// A call of one of the object's own methods that was put off, see [Schedules].
///
/// @param id unique in the object
/// @param method the name of the method
/// @param time when it is due
public record Schedule(String id, String method, Instant time) {}
