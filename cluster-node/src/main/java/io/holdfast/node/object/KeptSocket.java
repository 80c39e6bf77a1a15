package io.holdfast.node.object;

import io.holdfast.persistence.database.RowBytes;
import io.holdfast.protocol.ObjectAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// A WebSocket that outlives its object's stay on a node: what never changes about it.
///
/// @param edge the address of the node where its client is connected
/// @param generation of that node among those of the object, see [SocketEdges]
record KeptSocket(ObjectAddress object, UUID id, String edge, long generation, List<String> tags) {
  void write(RowBytes.Out out) throws IOException {
    CallCodec.write(object, out);
    out.writeLong(id.getMostSignificantBits());
    out.writeLong(id.getLeastSignificantBits());
    out.text(edge);
    out.writeLong(generation);
    out.writeInt(tags.size());
    for (String tag : tags) {
      out.text(tag);
    }
  }

  static KeptSocket read(RowBytes.In in) throws IOException {
    ObjectAddress object = CallCodec.readAddress(in);
    UUID id = new UUID(in.readLong(), in.readLong());
    String edge = in.text();
    long generation = in.readLong();
    List<String> tags = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      tags.add(in.text());
    }
    return new KeptSocket(object, id, edge, generation, List.copyOf(tags));
  }
}
