package io.holdfast.sdk;

import java.time.Instant;

/// A message that was given up: its receiver failed too often, does not have the method, or could
/// not be reached for too long.
///
/// @param number tells the letters of one object apart; grows with the time of sending
/// @param namespace of the receiver, as `app.name`
/// @param receiver the id of the receiver; its name is known when it was sent to by name
/// @param method what was to be called
/// @param arguments what it was to be called with, as a CBOR array
/// @param sentAt when it was sent
/// @param failedAt when it was given up
/// @param tries how often the receiver's code failed on it
/// @param error the code of the last error
/// @param message what the last error said
/// @param maybeDelivered true when a try ended without an answer, so that the receiver may have
///   carried the message out
public record DeadLetter(
    long number,
    String namespace,
    ObjectId receiver,
    String method,
    byte[] arguments,
    Instant sentAt,
    Instant failedAt,
    int tries,
    ErrorCode error,
    String message,
    boolean maybeDelivered) {}
