/// Apps that let a test count exactly: every increment and every timer carries a token of its own,
/// every message a number.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | counters, and their HTTP side | [Ledger], [LedgerWorker] |
/// | timers, and their HTTP side | [Timers], [TimersWorker] |
/// | rooms for WebSockets | [Room], [RoomWorker] |
/// | objects that send to each other, and their HTTP side | [Mailbox], [MailWorker] |
package io.holdfast.multijvm.app;
