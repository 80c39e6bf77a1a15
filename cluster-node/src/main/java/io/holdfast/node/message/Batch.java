package io.holdfast.node.message;

import io.holdfast.persistence.database.RowBytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Messages of one sender to one receiver, in the order in which they are to be carried out.
///
/// @param sender the address of the sender as text
/// @param letters one or more
public record Batch(String sender, List<Letter> letters) {
  public void write(RowBytes.Out out) throws IOException {
    out.text(sender);
    out.writeInt(letters.size());
    for (Letter letter : letters) {
      out.writeLong(letter.number());
      letter.write(out);
    }
  }

  public static Batch read(RowBytes.In in) throws IOException {
    String sender = in.text();
    List<Letter> letters = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      letters.add(Letter.read(in.readLong(), in));
    }
    return new Batch(sender, letters);
  }

  long firstNumber() {
    return letters.getFirst().number();
  }

  long lastNumber() {
    return letters.getLast().number();
  }
}
