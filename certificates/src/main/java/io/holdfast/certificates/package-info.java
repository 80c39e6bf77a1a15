/// Certificate authorities of one's own, and the PEM files that they and what they issue are kept
/// in.
@NullMarked
package io.holdfast.certificates;

import org.jspecify.annotations.NullMarked;
