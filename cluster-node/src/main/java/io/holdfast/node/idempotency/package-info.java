/// Calls that have their effect once however often they are sent: what an object remembers of their
/// keys and answers.
///
/// Nothing here waits or sends; the rows are part of the object's own transaction. Who runs the
/// calls is `node/object/KeyedCall`.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the rows, their retention and their number | [KeyBooks] |
/// | what is kept of an answer, and its bytes | [StoredAnswer], [KeyRecord] |
/// | whether it is the same call | [Fingerprint] |
@NullMarked
package io.holdfast.node.idempotency;

import org.jspecify.annotations.NullMarked;
