/// Apps that let a test count exactly: every increment carries a token of its own, every message a
/// number.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the object | [Ledger] |
/// | its HTTP side | [LedgerWorker] |
/// | objects that send to each other | [Mailbox] |
/// | their HTTP side | [MailWorker] |
package io.holdfast.multijvm.app;
