/// An app whose objects put calls off, for tests of a whole node.
@NullMarked
package io.holdfast.laterapp;

import org.jspecify.annotations.NullMarked;
