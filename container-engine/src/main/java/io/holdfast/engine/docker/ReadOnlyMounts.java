package io.holdfast.engine.docker;

import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Mount;
import com.github.dockerjava.api.model.MountType;
import com.github.dockerjava.api.model.VolumeOptions;
import io.holdfast.engine.Network;
import io.holdfast.engine.ReadOnlyRoot;
import io.holdfast.engine.ReadOnlyRoot.FirstContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/*
 * What is in memory Docker cannot copy out once the program has ended. So each writable folder is an anonymous volume: it can
 * be copied into before the start (by a twin, see DockerFiles) and out of after the end, and goes with the container.
 */
/// A read-only root as Docker has it.
final class ReadOnlyMounts {
  /// Programs expect to find these writable. In memory, which counts as the container's.
  private static final List<String> SCRATCH = List.of("/run", "/tmp");

  private static final String SCRATCH_OPTIONS = "rw,exec,nosuid,nodev,mode=1777";

  private ReadOnlyMounts() {}

  static void fill(HostConfig host, ReadOnlyRoot root, Network network) {
    Map<String, FirstContent> folders = new TreeMap<>(root.writable());
    if (network.isGated()) {
      folders.put(TrustedCertificate.FOLDER, FirstContent.EMPTY);
    }
    Map<String, String> scratch = new TreeMap<>();
    SCRATCH.stream()
        .filter(folder -> !folders.containsKey(folder))
        .forEach(folder -> scratch.put(folder, SCRATCH_OPTIONS));
    List<Mount> volumes = new ArrayList<>();
    folders.forEach((folder, first) -> volumes.add(volume(folder, first)));
    host.withReadonlyRootfs(true).withTmpFs(scratch).withMounts(volumes);
  }

  private static Mount volume(String folder, FirstContent first) {
    return new Mount()
        .withType(MountType.VOLUME)
        .withTarget(folder)
        .withVolumeOptions(new VolumeOptions().withNoCopy(first == FirstContent.EMPTY));
  }
}
