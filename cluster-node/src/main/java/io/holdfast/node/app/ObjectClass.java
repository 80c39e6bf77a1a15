package io.holdfast.node.app;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.Container;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.OutboundHandlers;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.Optional;

/// The class of a namespace's objects.
///
/// @param constructor takes [ObjectContext] and [Env]
/// @param container what each object may run
/// @param methods what can be called on it
/// @param hasAlarmHandler whether the class overrides [DurableObject#alarm]
/// @param isContainer whether it extends [Container]
/// @param outbound what answers requests that its containers send out
public record ObjectClass(
    NamespaceId namespace,
    Class<? extends DurableObject> type,
    Constructor<? extends DurableObject> constructor,
    Optional<ContainerConfig> container,
    RpcMethods methods,
    boolean hasAlarmHandler,
    boolean isContainer,
    OutboundHandlers outbound) {

  /// @throws io.holdfast.sdk.HoldfastException `app_invalid` when its methods cannot be told apart,
  ///   or its outbound handlers are for what is no host
  /// @throws NoSuchMethodException when it lacks the constructor
  static ObjectClass of(
      NamespaceId namespace,
      Class<? extends DurableObject> type,
      Optional<ContainerConfig> container)
      throws NoSuchMethodException {
    return new ObjectClass(
        namespace,
        type,
        type.getConstructor(ObjectContext.class, Env.class),
        container,
        RpcMethods.of(type),
        type.getMethod("alarm", AlarmInfo.class).getDeclaringClass() != DurableObject.class,
        Container.class.isAssignableFrom(type),
        OutboundFields.handlers(type));
  }

  /// Makes a new instance; throws what the constructor throws.
  public DurableObject create(ObjectContext ctx, Env env) throws Exception {
    try {
      return constructor.newInstance(ctx, env);
    } catch (InvocationTargetException e) {
      throw RpcMethods.cause(e);
    }
  }
}
