/// Files of containers that outlive them.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | from a container into an archive and back | [FileKeeper] |
/// | what an object knows of its files | [KeptFiles] |
/// | limits and times | [FileSettings]; figures: [FileMetrics] |
/// | when, in the life of a container | `node.container.ContainerFiles`; in the turn of its object: `node.object.ObjectFiles` |
@NullMarked
package io.holdfast.node.files;

import org.jspecify.annotations.NullMarked;
