/// Where large immutable bytes live, each under the digest of its content.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the port, for a directory today and a bucket or a database later | [BlobStore] |
/// | blobs as files of the data directory | [FileBlobStore] |
/// | names | [BlobId] |
@NullMarked
package io.holdfast.persistence.blob;

import org.jspecify.annotations.NullMarked;
