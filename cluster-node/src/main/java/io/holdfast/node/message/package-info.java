/// Messages between objects: what a sender keeps until they are carried out, and what a receiver
/// keeps so that each is carried out once.
///
/// Nothing here runs code of an app, waits or knows an actor: all calls belong to the turn and the
/// open transaction of one object. Who runs it is `node/object/ObjectMail` and
/// `node/object/Delivery`.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | which messages leave, when again, when no more | [Outbox] |
/// | the sender's rows | `OutboxBooks`, [Letter], `Tries`, `BuriedLetter` |
/// | what travels | [Batch], [Receipt] |
/// | the receiver's rows | [Inbox] |
@NullMarked
package io.holdfast.node.message;

import org.jspecify.annotations.NullMarked;
