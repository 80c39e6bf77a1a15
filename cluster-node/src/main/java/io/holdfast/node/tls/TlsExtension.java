package io.holdfast.node.tls;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.actor.ExtensionIdProvider;

/// The TLS of a node, for what Pekko makes and for what Holdfast makes.
public final class TlsExtension implements Extension {
  private static final Id ID = new Id();

  private final Optional<NodeTls> tls;

  private TlsExtension(Config config) {
    String directory = config.getString("holdfast.cluster.tls-directory");
    this.tls =
        directory.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new NodeTls(
                    Path.of(directory),
                    config.getString("holdfast.cluster.host"),
                    InstantSource.system()));
  }

  /// Empty: nodes talk in the clear.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `config_invalid` when something is wrong with its
  ///   files
  public static Optional<NodeTls> of(ClassicActorSystemProvider system) {
    return ID.get(system).tls;
  }

  /// How Pekko finds the extension.
  private static final class Id extends AbstractExtensionId<TlsExtension>
      implements ExtensionIdProvider {
    @Override
    public TlsExtension createExtension(ExtendedActorSystem system) {
      return new TlsExtension(system.settings().config());
    }

    @Override
    public Id lookup() {
      return ID;
    }
  }
}
