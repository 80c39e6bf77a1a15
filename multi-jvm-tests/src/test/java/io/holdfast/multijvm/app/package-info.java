/// An app that lets a test count exactly: every increment carries a token of its own.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the object | [Ledger] |
/// | its HTTP side | [LedgerWorker] |
package io.holdfast.multijvm.app;
