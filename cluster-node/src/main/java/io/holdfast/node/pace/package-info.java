/// How often things are done.
@NullMarked
package io.holdfast.node.pace;

import org.jspecify.annotations.NullMarked;
