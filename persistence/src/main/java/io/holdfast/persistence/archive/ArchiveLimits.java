package io.holdfast.persistence.archive;

/// How large one archive may be.
///
/// @param bytesMax of all contents, before compression
/// @param filesMax files, directories and links
/// @param pathBytesMax of one path or link target, in UTF-8
public record ArchiveLimits(long bytesMax, int filesMax, int pathBytesMax) {}
