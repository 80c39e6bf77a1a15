/// What the runtime provides to the SDK; app authors do not need it.
@NullMarked
package io.holdfast.sdk.spi;

import org.jspecify.annotations.NullMarked;
