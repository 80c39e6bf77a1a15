package io.holdfast.node.peer;

import io.holdfast.persistence.database.RowBytes;
import java.io.IOException;
import java.util.UUID;

/// Something that another node offers, once.
///
/// @param id not to be guessed: who knows it may have it
public record RemoteRef(PeerAddress at, UUID id) {
  public void write(RowBytes.Out out) throws IOException {
    out.text(at.host());
    out.writeInt(at.port());
    out.writeLong(id.getMostSignificantBits());
    out.writeLong(id.getLeastSignificantBits());
  }

  public static RemoteRef read(RowBytes.In in) throws IOException {
    PeerAddress at = new PeerAddress(in.text(), in.readInt());
    return new RemoteRef(at, new UUID(in.readLong(), in.readLong()));
  }
}
