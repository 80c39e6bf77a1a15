/// A real Cassandra for tests.
@NullMarked
package io.holdfast.testcassandra;

import org.jspecify.annotations.NullMarked;
