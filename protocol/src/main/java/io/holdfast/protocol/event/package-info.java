/// What stored events have in common, whatever journal keeps them.
///
/// A journal knows no object: it sees only the interfaces of this package. The events themselves
/// live beside the actors that write them.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | an event that moves its object's alarm | [AlarmCarrier], [AlarmChange] |
/// | which alarms are due | [AlarmIndex] |
@NullMarked
package io.holdfast.protocol.event;

import org.jspecify.annotations.NullMarked;
