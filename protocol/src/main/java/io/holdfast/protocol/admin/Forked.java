package io.holdfast.protocol.admin;

/// An object was made of another one.
///
/// @param id that of the new object
/// @param source the bookmark it was made of
/// @param now the first bookmark of the new object
public record Forked(String id, String source, String now) {}
