package io.holdfast.sdk;

import java.util.List;

/// The messages of one object that were given up, see [ObjectStub#send]. They are kept in its
/// storage until they are sent again or dropped; when there are too many, the oldest is dropped.
///
/// Thread rule: only on the threads that run the object's events; elsewhere `wrong_state`.
public interface DeadLetters {
  /// The oldest letters, at most so many.
  List<DeadLetter> list(int max);

  /// How many there are.
  int count();

  /// Sends the message again, as a new one behind all others to that receiver. False when there is
  /// no such letter.
  boolean retry(long number);

  /// Forgets the message. False when there is no such letter.
  boolean drop(long number);
}
