package io.holdfast.multijvm;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.List;
import java.util.Locale;

/// A safety mechanism of a node that is off: what promises something must be seen to need it. An
/// agent of the node's JVM changes the classes; the product has no switch for it.
enum Mutation {
  NONE {
    @Override
    void code(String type, String method, CodeBuilder code) {
      throw new IllegalArgumentException(type + "." + method);
    }
  },

  /// Each node believes to have every lease.
  NO_LEASE("io/holdfast/cassandra/NodeLeases", "acquire", "isHeld", "isAlive") {
    @Override
    void code(String type, String method, CodeBuilder code) {
      code.iconst_1().ireturn();
    }
  },

  /// Answers leave before what was written is durable.
  ACK_EARLY("io/holdfast/node/object/OutputGate", "admit", "isOpen") {
    @Override
    void code(String type, String method, CodeBuilder code) {
      if (method.equals("isOpen")) {
        code.iconst_1().ireturn();
      } else {
        code.aload(3) // After this and the count, which takes two.
            .invokeinterface(
                ClassDesc.ofInternalName(type + "$Effect"),
                "release",
                MethodTypeDesc.of(ConstantDescs.CD_void))
            .return_();
      }
    }
  };

  private final String type;
  private final List<String> methods;

  Mutation() {
    this("");
  }

  Mutation(String type, String... methods) {
    this.type = type;
    this.methods = List.of(methods);
  }

  /** The new code of a method. */
  abstract void code(String type, String method, CodeBuilder code);

  /// As on the command line: `no-lease`.
  static Mutation parse(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  /// Where the JVM begins with the agent.
  public static void premain(String mutation, Instrumentation jvm) {
    jvm.addTransformer(parse(mutation).transformer());
  }

  private ClassFileTransformer transformer() {
    return new ClassFileTransformer() {
      @Override
      public byte[] transform(
          ClassLoader loader,
          String name,
          Class<?> redefined,
          ProtectionDomain domain,
          byte[] bytes) {
        return name.equals(type) ? mutate(bytes) : null;
      }
    };
  }

  private byte[] mutate(byte[] bytes) {
    return ClassFile.of()
        .transformClass(
            ClassFile.of().parse(bytes),
            ClassTransform.transformingMethods(
                method -> methods.contains(method.methodName().stringValue()),
                (builder, element) -> {
                  if (element instanceof CodeModel code) {
                    MethodModel method = code.parent().orElseThrow();
                    builder.withCode(made -> code(type, method.methodName().stringValue(), made));
                  } else {
                    builder.with(element);
                  }
                }));
  }

  /// The flag that gives a JVM the agent.
  String flag(Path directory) {
    return AgentJar.flag(Mutation.class, directory, name());
  }
}
