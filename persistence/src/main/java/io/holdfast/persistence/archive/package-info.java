/// Trees of files, such as the declared paths of a container, kept as pieces in a blob store: each
/// content once, compressed, found again by its digest.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | keep a tree, get it back, who needs what | [Archives] |
/// | what a tree is made of | [ArchiveEntry], [Manifest] |
/// | from and to tar, and what a hostile one may not do | `TarIntake`, `TarOutlet` |
/// | contents into pieces | `PieceWriter`, `Chunker`, `PieceCodec`, `PieceReader` |
/// | which archives are needed, durable | [ArchiveReferences], [ArchiveIndex] |
/// | removing what nobody needs | [ArchiveSweep], `BlobsInUse` |
@NullMarked
package io.holdfast.persistence.archive;

import org.jspecify.annotations.NullMarked;
