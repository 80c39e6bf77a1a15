/// Regions: which there are, in which one each object has its home, which can be reached.
@NullMarked
package io.holdfast.node.region;

import org.jspecify.annotations.NullMarked;
