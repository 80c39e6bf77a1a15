/// Compression, with contexts that are kept: making one takes longer than what it does to a page or
/// two.
@NullMarked
package io.holdfast.persistence.zstd;

import org.jspecify.annotations.NullMarked;
