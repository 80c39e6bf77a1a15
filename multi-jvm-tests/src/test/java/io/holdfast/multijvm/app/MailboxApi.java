package io.holdfast.multijvm.app;

import java.util.List;

/// What the Worker asks of a mailbox.
public interface MailboxApi {
  /// What mailboxes send to each other.
  interface Receiver {
    void take(String sender, long number, String padding);
  }

  /// @return how many it has sent to that receiver
  long send(String receiver, int count, int padding);

  /// Each message as `sender number`, in the order in which they came.
  List<String> taken();

  int deadLetters();
}
