package io.holdfast.node.tls;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import scala.Option;

/// TLS of the messages between nodes: the `ssl-engine-provider` of Pekko's remoting, by class name
/// in `holdfast-tls.conf`.
public final class MessageTls implements SSLEngineProvider {
  private final ActorSystem system;

  /// Called by Pekko.
  public MessageTls(ActorSystem system) {
    this.system = system;
  }

  private NodeTls tls() {
    return TlsExtension.of(system)
        .orElseThrow(() -> new IllegalStateException("no holdfast.cluster.tls-directory"));
  }

  @Override
  public SSLEngine createServerSSLEngine(String hostname, int port) {
    return tls().accepting();
  }

  @Override
  public SSLEngine createClientSSLEngine(String hostname, int port) {
    return tls().connecting(hostname, port);
  }

  /** The handshake has checked all. */
  @Override
  public Option<Throwable> verifyClientSession(String hostname, SSLSession session) {
    return Option.empty();
  }

  @Override
  public Option<Throwable> verifyServerSession(String hostname, SSLSession session) {
    return Option.empty();
  }
}
