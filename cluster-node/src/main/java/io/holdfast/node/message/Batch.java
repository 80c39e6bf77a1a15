package io.holdfast.node.message;

import java.util.List;

/// Messages of one sender to one receiver, in the order in which they are to be carried out.
///
/// @param sender the address of the sender as text
/// @param letters one or more
public record Batch(String sender, List<Letter> letters) {
  long firstNumber() {
    return letters.getFirst().number();
  }

  long lastNumber() {
    return letters.getLast().number();
  }
}
