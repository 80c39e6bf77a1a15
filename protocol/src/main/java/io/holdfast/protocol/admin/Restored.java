package io.holdfast.protocol.admin;

/// An object was put back.
///
/// @param restored the bookmark that was asked for
/// @param undo brings back what was there right before
/// @param now the bookmark of the object after it
public record Restored(String restored, String undo, String now) {}
