package io.holdfast.engine.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.EngineConfig.SeccompPolicy;
import io.holdfast.engine.EngineInfo.Seccomp;
import io.holdfast.engine.EngineInfo.UserNamespaces;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DockerSecurityTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name=seccomp,profile=default | 20.10.24 | DEFAULT",
        "name=seccomp,profile=builtin | 27.3.1 | DEFAULT",
        "name=seccomp,profile=/etc/docker/strict.json | 20.10.24 | CUSTOM",
        "name=seccomp,profile=unconfined | 20.10.24 | MISSING",
        "name=seccomp,profile=unconfined | 23.0.0 | ASKED",
        "name=seccomp | 20.10.24+dfsg1 | MISSING",
        "name=apparmor | 28.0.0 | MISSING",
        "name=seccomp,profile=unconfined | dev | MISSING"
      })
  void tellsHowSystemCallsAreFiltered(String option, String version, Seccomp expected) {
    assertThat(DockerSecurity.of(List.of(option), version, Set.of()).seccomp()).isEqualTo(expected);
  }

  @Test
  void tellsWhetherRootInAContainerIsAnotherUserOutside() {
    assertThat(userNamespaces("name=seccomp,profile=default")).isEqualTo(UserNamespaces.OFF);
    assertThat(userNamespaces("name=userns")).isEqualTo(UserNamespaces.ON);
    assertThat(userNamespaces("name=rootless")).isEqualTo(UserNamespaces.ON);
  }

  private static UserNamespaces userNamespaces(String option) {
    return DockerSecurity.of(List.of(option), "20.10.24", Set.of()).isolation().userNamespaces();
  }

  @Test
  void refusesAnEngineThatFiltersNothingUnlessTold() {
    DockerSecurity open = DockerSecurity.of(List.of(), "20.10.24", Set.of("runc"));
    assertThatThrownBy(() -> open.require(SeccompPolicy.REQUIRE))
        .hasMessageContaining("holdfast.engine.seccomp = warn");
    assertThatCode(() -> open.require(SeccompPolicy.WARN)).doesNotThrowAnyException();
    DockerSecurity closed =
        DockerSecurity.of(List.of("name=seccomp,profile=default"), "20.10.24", Set.of("runc"));
    assertThatCode(() -> closed.require(SeccompPolicy.REQUIRE)).doesNotThrowAnyException();
  }
}
