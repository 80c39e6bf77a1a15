/// Which node of a region has which shards.
@NullMarked
package io.holdfast.node.placement;

import org.jspecify.annotations.NullMarked;
