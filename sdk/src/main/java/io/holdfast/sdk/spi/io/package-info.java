/// Streams between threads, for those who implement the SDK.
@NullMarked
package io.holdfast.sdk.spi.io;

import org.jspecify.annotations.NullMarked;
