package io.holdfast.engine.docker;

import com.github.dockerjava.api.model.Info;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.EngineInfo;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a Docker Engine says of its walls.
record DockerSecurity(EngineInfo.Isolation isolation) {
  private static final Logger LOG = LoggerFactory.getLogger(DockerSecurity.class);

  /// From this version on a container can ask for the built-in profile of system calls.
  private static final int MAJOR_WITH_BUILTIN = 23;

  static DockerSecurity of(Info info) {
    return of(
        info.getSecurityOptions() == null ? List.of() : info.getSecurityOptions(),
        String.valueOf(info.getServerVersion()),
        info.getRuntimes() == null ? Set.of() : info.getRuntimes().keySet());
  }

  /// @param options such as `name=seccomp,profile=default`
  static DockerSecurity of(List<String> options, String version, Set<String> runtimes) {
    boolean remapped = option(options, "userns").isPresent();
    boolean rootless = option(options, "rootless").isPresent();
    return new DockerSecurity(
        new EngineInfo.Isolation(
            seccomp(options, version),
            remapped || rootless ? EngineInfo.UserNamespaces.ON : EngineInfo.UserNamespaces.OFF,
            runtimes));
  }

  private static EngineInfo.Seccomp seccomp(List<String> options, String version) {
    Optional<String> filter = option(options, "seccomp");
    if (filter.isEmpty()) {
      return EngineInfo.Seccomp.MISSING;
    }
    return switch (profile(filter.get())) {
      case "default", "builtin" -> EngineInfo.Seccomp.DEFAULT;
      case "unconfined", "" ->
          major(version) >= MAJOR_WITH_BUILTIN
              ? EngineInfo.Seccomp.ASKED
              : EngineInfo.Seccomp.MISSING;
      default -> EngineInfo.Seccomp.CUSTOM;
    };
  }

  private static Optional<String> option(List<String> options, String name) {
    return options.stream()
        .filter(option -> option.equals("name=" + name) || option.startsWith("name=" + name + ","))
        .findFirst();
  }

  private static String profile(String option) {
    return Arrays.stream(option.split(","))
        .filter(part -> part.startsWith("profile="))
        .map(part -> part.substring("profile=".length()))
        .findFirst()
        .orElse("");
  }

  private static int major(String version) {
    String digits = version.split("\\.", 2)[0];
    return digits.matches("\\d{1,6}") ? Integer.parseInt(digits) : 0;
  }

  EngineInfo.Seccomp seccomp() {
    return isolation.seccomp();
  }

  /// @throws HoldfastException `engine_unavailable` when system calls are not filtered and must be
  void require(EngineConfig.SeccompPolicy policy) {
    if (seccomp() != EngineInfo.Seccomp.MISSING) {
      return;
    }
    String problem = "the engine does not filter the system calls of containers (seccomp)";
    switch (policy) {
      case REQUIRE ->
          throw new HoldfastException(
              ErrorCode.ENGINE_UNAVAILABLE,
              problem
                  + ": start dockerd without --seccomp-profile=unconfined on a kernel with CONFIG_SECCOMP_FILTER,"
                  + " or set holdfast.engine.seccomp = warn");
      case WARN -> LOG.warn(problem);
    }
  }
}
