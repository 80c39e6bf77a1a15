package io.holdfast.protocol.admin;

/// An object has its home in that region now.
public record MovedObject(String region) {}
