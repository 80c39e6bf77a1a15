package io.holdfast.persistence.embedded;

import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.actor.ExtensionIdProvider;

/// The data directory and the store of one actor system, open from first use until the system has
/// terminated.
///
/// The journal and snapshot plugins share it. A node calls [#get] when it starts, so that a
/// directory in use or of another version stops it there. Closing happens after the last actor is
/// gone and before `whenTerminated` completes: a new system in the same process can open the
/// directory again at once.
public final class EmbeddedStoreExtension implements Extension {
  private static final Id ID = new Id();

  private final DataDirectory directory;
  private final EmbeddedStore store;

  private EmbeddedStoreExtension(ExtendedActorSystem system) {
    EmbeddedConfig config = EmbeddedConfig.from(system.settings().config());
    directory = DataDirectory.open(config.directory());
    store = openStore(config);
    system.registerOnTermination(this::close);
  }

  /// The extension of this system, opened by the first call.
  ///
  /// @throws io.holdfast.sdk.HoldfastException when the settings, the directory or the store are
  ///   not usable
  public static EmbeddedStoreExtension get(ClassicActorSystemProvider system) {
    return ID.get(system);
  }

  /// The store; do not close it.
  public EmbeddedStore store() {
    return store;
  }

  /// The data directory; do not close it.
  public DataDirectory directory() {
    return directory;
  }

  private EmbeddedStore openStore(EmbeddedConfig config) {
    try {
      return EmbeddedStore.open(directory, config);
    } catch (RuntimeException | Error e) {
      directory.close();
      throw e;
    }
  }

  private void close() {
    try {
      store.close();
    } finally {
      directory.close();
    }
  }

  /// How Pekko finds the extension.
  private static final class Id extends AbstractExtensionId<EmbeddedStoreExtension>
      implements ExtensionIdProvider {
    @Override
    public EmbeddedStoreExtension createExtension(ExtendedActorSystem system) {
      return new EmbeddedStoreExtension(system);
    }

    @Override
    public Id lookup() {
      return ID;
    }
  }
}
