package io.holdfast.engine.egress;

import io.holdfast.engine.egress.EgressDecision.ToInternet;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/// What a container is told about a name.
///
/// A host that it may reach has its true addresses. One that is denied, or answered by code, has an
/// address that stands for nothing ([#NOWHERE]): requests to it come to the gate all the same, and
/// no question about it leaves the node. IPv4 only. Records of other types are for containers that
/// may reach everything.
final class NameAnswers {
  private static final Logger LOG = LoggerFactory.getLogger(NameAnswers.class);

  /// Reserved for documentation (RFC 5737): no host has it.
  static final InetAddress NOWHERE = InetAddress.ofLiteral("192.0.2.1");

  /// Short, since rules may change.
  private static final int TTL_SECONDS = 10;

  private static final Duration ASK_MAX = Duration.ofSeconds(3);

  private final WorldAddresses world;

  NameAnswers(WorldAddresses world) {
    this.world = world;
  }

  /// Blocks.
  Message answer(Message question, EgressPolicy policy) {
    Record asked = question.getQuestion();
    if (question.getHeader().getOpcode() != Opcode.QUERY || asked == null) {
      return reply(question, Rcode.NOTIMP);
    }
    String host = HostPattern.normal(asked.getName().toString(true));
    boolean internet = asked.getDClass() == DClass.IN && HostName.isOne(host);
    if (!internet) {
      return reply(question, Rcode.NXDOMAIN);
    }
    if (asked.getType() == Type.A) {
      return addresses(question, asked.getName(), host, policy);
    }
    boolean others = !policy.confines() && asked.getType() != Type.AAAA;
    return others && policy.decideName(host) instanceof ToInternet
        ? forwarded(question)
        : reply(question, Rcode.NOERROR);
  }

  private Message addresses(Message question, Name name, String host, EgressPolicy policy) {
    if (!(policy.decideName(host) instanceof ToInternet)) {
      return found(question, name, List.of(NOWHERE));
    }
    try {
      return found(question, name, world.of(host, policy));
    } catch (UnknownHostException _) {
      return reply(question, Rcode.NXDOMAIN);
    } catch (WorldAddresses.ClosedException _) {
      return found(question, name, List.of(NOWHERE));
    } catch (IOException e) {
      LOG.debug("{} could not be looked up: {}", host, e.getMessage());
      return reply(question, Rcode.SERVFAIL);
    }
  }

  private static Message found(Message question, Name name, List<InetAddress> addresses) {
    Message reply = reply(question, Rcode.NOERROR);
    for (InetAddress address : addresses) {
      if (address instanceof Inet4Address) {
        reply.addRecord(new ARecord(name, DClass.IN, TTL_SECONDS, address), Section.ANSWER);
      }
    }
    return reply;
  }

  private static Message forwarded(Message question) {
    try {
      SimpleResolver resolver = new SimpleResolver();
      resolver.setTimeout(ASK_MAX);
      Message reply = resolver.send(Message.newQuery(question.getQuestion()));
      reply.getHeader().setID(question.getHeader().getID());
      return reply;
    } catch (IOException e) {
      LOG.debug("a name server of this host does not answer: {}", e.getMessage());
      return reply(question, Rcode.SERVFAIL);
    }
  }

  static Message reply(Message question, int code) {
    Message reply = new Message(question.getHeader().getID());
    reply.getHeader().setOpcode(question.getHeader().getOpcode());
    reply.getHeader().setFlag(Flags.QR);
    reply.getHeader().setFlag(Flags.RA);
    if (question.getHeader().getFlag(Flags.RD)) {
      reply.getHeader().setFlag(Flags.RD);
    }
    reply.getHeader().setRcode(code);
    Record asked = question.getQuestion();
    if (asked != null) {
      reply.addRecord(asked, Section.QUESTION);
    }
    return reply;
  }
}
