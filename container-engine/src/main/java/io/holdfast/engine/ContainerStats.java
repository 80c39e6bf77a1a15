package io.holdfast.engine;

/// What a container has used since its start, and its memory now.
///
/// @param memoryBytes without the page cache that the kernel can take back
public record ContainerStats(
    long cpuMicros, long memoryBytes, long receivedBytes, long sentBytes, long processes) {}
