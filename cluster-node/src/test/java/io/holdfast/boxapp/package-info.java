/// An app of containers, for tests of a whole node.
@NullMarked
package io.holdfast.boxapp;

import org.jspecify.annotations.NullMarked;
