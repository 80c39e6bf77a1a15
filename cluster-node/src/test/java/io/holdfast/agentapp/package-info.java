/// An app whose containers send requests out, for tests of a whole node.
@NullMarked
package io.holdfast.agentapp;

import org.jspecify.annotations.NullMarked;
