package io.holdfast;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows of docs/architecture.md, and who may know which technology. */
@AnalyzeClasses(packages = "io.holdfast", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule theSdkKnowsTheJdkAlone =
      classes()
          .that()
          .resideInAPackage("io.holdfast.sdk..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("io.holdfast.sdk..", "java..", "org.jspecify..");

  @ArchTest
  static final ArchRule theEngineKnowsTheSdkAndNothingOfPekko =
      noClasses()
          .that()
          .resideInAPackage("io.holdfast.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.apache.pekko..",
              "io.holdfast.protocol..",
              "io.holdfast.persistence..",
              "io.holdfast.edge..",
              "io.holdfast.node..");

  @ArchTest
  static final ArchRule theProtocolKnowsNoImplementation =
      noClasses()
          .that()
          .resideInAPackage("io.holdfast.protocol..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.holdfast.persistence..",
              "io.holdfast.edge..",
              "io.holdfast.engine..",
              "io.holdfast.node..");

  @ArchTest
  static final ArchRule theEdgeMeetsTheNodeThroughTheProtocolAlone =
      noClasses()
          .that()
          .resideInAPackage("io.holdfast.edge..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.holdfast.persistence..",
              "io.holdfast.engine..",
              "io.holdfast.node..",
              "org.apache.pekko.cluster..",
              "org.apache.pekko.persistence..",
              "com.github.dockerjava..");

  @ArchTest
  static final ArchRule persistenceKnowsNeitherHttpNorDockerNorSharding =
      noClasses()
          .that()
          .resideInAPackage("io.holdfast.persistence..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.holdfast.edge..",
              "io.holdfast.engine..",
              "io.holdfast.node..",
              "org.apache.pekko.http..",
              "org.apache.pekko.cluster..",
              "com.github.dockerjava..");

  @ArchTest
  static final ArchRule onlyTheDockerAdapterKnowsDocker =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.holdfast.engine.docker..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.github.dockerjava..");

  @ArchTest
  static final ArchRule onlyPersistenceKnowsItsStores =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.holdfast.persistence..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.rocksdb..", "org.sqlite..", "java.sql..");

  @ArchTest
  static final ArchRule packagesOfAModuleHaveNoCyclesBetweenThem =
      slices().matching("io.holdfast.(persistence).(*)..").should().beFreeOfCycles();
}
