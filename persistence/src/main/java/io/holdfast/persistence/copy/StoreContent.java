package io.holdfast.persistence.copy;

import io.holdfast.persistence.archive.ArchiveIndex;
import io.holdfast.persistence.blob.BlobStore;

/// What a store holds of objects and of their containers.
///
/// @param objects their events, snapshots and alarms
/// @param archives who needs which archive of files
/// @param blobs what archives consist of
public record StoreContent(ObjectRecords objects, ArchiveIndex archives, BlobStore blobs) {}
