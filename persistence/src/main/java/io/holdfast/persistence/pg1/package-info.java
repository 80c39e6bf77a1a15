/// The stored form of an object's database, `pg1`: what a transaction changed, page by page, and
/// the image it all starts from.
///
/// Every stored record ends with a CRC-32C of its bytes, and names the checksum of the whole image
/// before and after it.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the stored event, byte by byte | [PageDelta], [DeltaHeader] |
/// | from a commit to events | [DeltaEncoder], `PageDiff` |
/// | from events to an image | [PageImage], [ImageSnapshot] |
/// | large images in chunks | [ChunkMap], [StoredChunk], `ChunkPages` |
/// | checksums of pages and images | [PageHash], [PageHashes] |
/// | what Pekko calls | [PageDeltaSerializer] |
@NullMarked
package io.holdfast.persistence.pg1;

import org.jspecify.annotations.NullMarked;
