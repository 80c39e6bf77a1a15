/// What Holdfast keeps in Cassandra: the tables, their creation and their check.
///
/// Knows the driver and no Pekko, so that the command line can use it too.
@NullMarked
package io.holdfast.cassandra;

import org.jspecify.annotations.NullMarked;
