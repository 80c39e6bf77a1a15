package io.holdfast.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContainerRoutingTest {
  private final List<String> asked = new ArrayList<>();
  private final ObjectNamespace namespace =
      (ObjectNamespace)
          Proxy.newProxyInstance(
              ObjectNamespace.class.getClassLoader(),
              new Class<?>[] {ObjectNamespace.class},
              (proxy, method, arguments) -> {
                asked.add(method.getName() + " " + arguments[0]);
                return null;
              });

  @Test
  void oneContainerForAllHasAFixedName() {
    ObjectStub _ = Container.getContainer(namespace);
    ObjectStub _ = Container.getContainer(namespace, "alice");
    assertThat(asked).containsExactly("getByName cf-singleton-container", "getByName alice");
  }

  @Test
  void aRandomOneIsAnyOfThem() {
    for (int i = 0; i < 200; i++) {
      ObjectStub _ = Container.getRandom(namespace, 3);
    }
    assertThat(asked)
        .hasSize(200)
        .containsOnly("getByName instance-0", "getByName instance-1", "getByName instance-2");
  }

  @Test
  void thereIsNoRandomOneOfNone() {
    assertThatThrownBy(() -> Container.getRandom(namespace, 0))
        .hasMessage("expected 1 or more instances, found 0");
  }
}
