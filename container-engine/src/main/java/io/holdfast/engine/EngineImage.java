package io.holdfast.engine;

import java.util.List;

/// An image that an engine has.
///
/// @param id digest of its configuration, such as `sha256:…`
/// @param references such as `holdfast-demo/sandbox:latest`; empty for an untagged one
public record EngineImage(String id, List<String> references, long sizeBytes) {}
