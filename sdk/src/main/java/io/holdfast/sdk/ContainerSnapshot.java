package io.holdfast.sdk;

import java.util.Optional;

/// The whole file system of a container as it was at one moment; plain data, also for other objects
/// of the app. It never changes, and ends 30 days after it was made or last started from
/// (`holdfast.containers.files.snapshot-ttl`).
///
/// @param id 32 hex digits
/// @param size of the contents that differ from the image, in bytes
public record ContainerSnapshot(String id, long size, Optional<String> name) {}
