package io.holdfast.node.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Worker;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppLoaderTest {
  private static final String WORKER =
      "public class W implements Worker { public Response fetch(Request r, Env e, ExecutionContext c) { return Response.text(%s); } }";
  private static final String OBJECT =
      "public class O extends DurableObject { public O(ObjectContext c, Env e) { super(c, e); } %s }";
  private static final String CONTAINER =
      "public class O extends Container { public O(ObjectContext c, Env e) { super(c, e); } }";
  private static final String WITH_OBJECT =
      "{\"name\":\"a\",\"objects\":[{\"name\":\"o\",\"class\":\"O\"}]}";

  @TempDir Path temp;
  private final Map<String, String> environment = new HashMap<>();
  private Optional<AppCatalog> loaded = Optional.empty();

  @AfterEach
  void close() {
    loaded.ifPresent(AppCatalog::close);
  }

  private Path apps() {
    return temp.resolve("apps");
  }

  private Path work() {
    return temp.resolve("work");
  }

  private Path jar(String name) {
    return apps().resolve(name);
  }

  private AppCatalog load() {
    AppLoader loader = new AppLoader(work(), name -> Optional.ofNullable(environment.get(name)));
    AppCatalog catalog = loader.loadAll(apps());
    loaded = Optional.of(catalog);
    return catalog;
  }

  private void assertRefused(String message) {
    assertThatThrownBy(this::load)
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.APP_INVALID))
        .hasMessage(message);
    assertThat(work()).isEmptyDirectory();
  }

  private static TestJar worker(String name, String answer) {
    return TestJar.app("{\"name\":\"" + name + "\",\"worker\":\"W\"}")
        .source("W", WORKER.formatted(answer));
  }

  private static LoadedApp app(AppCatalog catalog, String name) {
    return catalog.apps().stream().filter(a -> a.name().equals(name)).findFirst().orElseThrow();
  }

  private static String answer(AppCatalog catalog, String app) throws Exception {
    Worker worker = app(catalog, app).worker().orElseThrow();
    var env = catalog.env(app(catalog, app), new FakeGateway(), FakeGateway.caller());
    return worker.fetch(Request.get("http://x/"), env, noContext()).body().text();
  }

  private static ExecutionContext noContext() {
    return (ExecutionContext)
        Proxy.newProxyInstance(
            ExecutionContext.class.getClassLoader(),
            new Class<?>[] {ExecutionContext.class},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException(method.getName());
            });
  }

  @Test
  void loadsEveryJarOfTheDirectoryInTheOrderOfTheirNames() throws Exception {
    worker("second", "\"2\"").write(jar("b.jar"));
    worker("first", "\"1\"").write(jar("a.jar"));
    Files.writeString(jar("readme.txt"), "no jar");
    AppCatalog catalog = load();
    assertThat(catalog.apps()).extracting(LoadedApp::name).containsExactly("first", "second");
    assertThat(answer(catalog, "first")).isEqualTo("1");
  }

  @Test
  void knowsWhatAnObjectClassCanDo() {
    TestJar.app(
            """
            {"name":"a","objects":[
              {"name":"plain","class":"p.Plain"},
              {"name":"alarmed","class":"p.Alarmed","container":{"image":"i"}},
              {"name":"boxed","class":"p.Outer$Boxed","container":{"image":"i","maxInstances":3}}]}
            """)
        .source("p.Plain", object("Plain", "public int add(int a) { return a; }"))
        .source("p.Alarmed", object("Alarmed", "@Override public void alarm(AlarmInfo i) {}"))
        .source(
            "p.Outer",
            "public class Outer { public static class Boxed extends Container {"
                + " public Boxed(ObjectContext c, Env e) { super(c, e); } } }")
        .write(jar("a.jar"));
    AppCatalog catalog = load();
    ObjectClass plain = catalog.objectClass(new NamespaceId("a", "plain"));
    ObjectClass alarmed = catalog.objectClass(new NamespaceId("a", "alarmed"));
    ObjectClass boxed = catalog.objectClass(new NamespaceId("a", "boxed"));
    assertThat(plain.methods().names()).containsExactly("add");
    assertThat(plain.container()).isEmpty();
    assertThat(plain.hasAlarmHandler()).isFalse();
    assertThat(alarmed.hasAlarmHandler()).isTrue();
    assertThat(alarmed.isContainer()).isFalse();
    assertThat(alarmed.container()).isPresent();
    assertThat(boxed.isContainer()).isTrue();
    assertThat(boxed.container().orElseThrow().maxInstances()).isEqualTo(3);
  }

  private static String object(String name, String members) {
    return "public class %s extends DurableObject { public %s(ObjectContext c, Env e) { super(c, e); } %s }"
        .formatted(name, name, members);
  }

  @Test
  void createsObjectsAndThrowsWhatTheirConstructorThrows() throws Exception {
    TestJar.app(
            "{\"name\":\"a\",\"objects\":[{\"name\":\"o\",\"class\":\"O\"},{\"name\":\"bad\",\"class\":\"Bad\"}]}")
        .source("O", OBJECT.formatted(""))
        .source(
            "Bad",
            "public class Bad extends DurableObject { public Bad(ObjectContext c, Env e) throws Exception {"
                + " super(c, e); throw new java.io.IOException(\"no\"); } }")
        .write(jar("a.jar"));
    AppCatalog catalog = load();
    ObjectClass good = catalog.objectClass(new NamespaceId("a", "o"));
    ObjectClass bad = catalog.objectClass(new NamespaceId("a", "bad"));
    assertThat(good.create(null, null)).isInstanceOf(good.type());
    assertThatThrownBy(() -> bad.create(null, null))
        .isInstanceOf(IOException.class)
        .hasMessage("no");
  }

  @Test
  void keepsStaticsOfAppsWithTheSameClassNamesApart() throws Exception {
    String counting =
        "public class W implements Worker { static int calls; public Response fetch(Request r, Env e, ExecutionContext c)"
            + " { return Response.text(\"%s\" + ++calls); } }";
    TestJar.app("{\"name\":\"a\",\"worker\":\"W\"}")
        .source("W", counting.formatted("a"))
        .write(jar("a.jar"));
    TestJar.app("{\"name\":\"b\",\"worker\":\"W\"}")
        .source("W", counting.formatted("b"))
        .write(jar("b.jar"));
    AppCatalog catalog = load();
    assertThat(answer(catalog, "a")).isEqualTo("a1");
    assertThat(answer(catalog, "a")).isEqualTo("a2");
    assertThat(answer(catalog, "b")).isEqualTo("b1");
  }

  @Test
  void givesEachAppItsOwnVersionOfALibrary() throws Exception {
    for (int version = 1; version <= 2; version++) {
      String code = "public class Lib { public static String version() { return \"%d\"; } }";
      Path library =
          new TestJar()
              .source("lib.Lib", code.formatted(version))
              .write(jar("v" + version + ".lib/lib.jar"));
      worker("v" + version, "lib.Lib.version()")
          .compiledWith(library)
          .write(jar("v" + version + ".jar"));
    }
    AppCatalog catalog = load();
    assertThat(answer(catalog, "v1")).isEqualTo("1");
    assertThat(answer(catalog, "v2")).isEqualTo("2");
  }

  @Test
  void hidesTheNodeFromApps() throws Exception {
    String probe =
        """
        public class W implements Worker {
          public Response fetch(Request r, Env e, ExecutionContext c) {
            StringBuilder seen = new StringBuilder();
            for (String name : List.of("org.apache.pekko.actor.typed.ActorSystem",
                "com.fasterxml.jackson.databind.ObjectMapper", "io.holdfast.node.app.AppLoader",
                "io.holdfast.protocol.ValueCodec", "org.slf4j.Logger", "org.junit.jupiter.api.Test",
                "io.holdfast.sdk.Worker", "org.jspecify.annotations.Nullable", "java.sql.Connection",
                "javax.net.ssl.SSLContext")) {
              try {
                Class.forName(name);
                seen.append(name).append(' ');
              } catch (ClassNotFoundException hidden) {
              }
            }
            seen.append(W.class.getClassLoader().getResource("reference.conf"));
            seen.append(' ').append(W.class.getResource("/own.txt") != null);
            return Response.text(seen.toString());
          }
        }
        """;
    assertThat(Class.forName("org.apache.pekko.actor.typed.ActorSystem")).isNotNull();
    TestJar.app("{\"name\":\"a\",\"worker\":\"W\"}")
        .source("W", probe)
        .entry("own.txt", "x")
        .write(jar("a.jar"));
    assertThat(answer(load(), "a"))
        .isEqualTo(
            "io.holdfast.sdk.Worker org.jspecify.annotations.Nullable java.sql.Connection javax.net.ssl.SSLContext null true");
  }

  @Test
  void takesTheSdkFromTheNodeAlsoWhenTheAppBringsOne() throws Exception {
    worker("a", "Request.class.getClassLoader() == W.class.getClassLoader() ? \"own\" : \"node\"")
        .source("io.holdfast.sdk.Extra", "public class Extra {}")
        .entry("io/holdfast/sdk/Request.class", "broken")
        .write(jar("a.jar"));
    assertThat(answer(load(), "a")).isEqualTo("node");
  }

  @Test
  void writesJsonForAppsWithTheCodecOfTheNode() throws Exception {
    TestJar.app("{\"name\":\"a\",\"worker\":\"W\"}")
        .source(
            "W",
            "public class W implements Worker { record P(int x, List<String> y) {} public Response fetch(Request r, Env e, ExecutionContext c)"
                + " { return Response.json(new P(1, List.of(\"z\"))); } }")
        .write(jar("a.jar"));
    assertThat(answer(load(), "a")).isEqualTo("{\"x\":1,\"y\":[\"z\"]}");
  }

  @Test
  void goesOnWhenTheJarIsReplacedOrRemoved() throws Exception {
    Path jar =
        worker("a", "new Object() { public String toString() { return \"old\"; } }.toString()")
            .write(jar("a.jar"));
    AppCatalog catalog = load();
    Files.writeString(jar, "something else");
    assertThat(answer(catalog, "a")).isEqualTo("old");
    Files.delete(jar);
    assertThat(answer(catalog, "a")).isEqualTo("old");
  }

  @Test
  void leavesNoCopiesBehind() throws Exception {
    worker("a", "\"1\"").write(jar("a.jar"));
    Files.createDirectories(work().resolve("app-of-a-killed-run/lib"));
    Files.writeString(work().resolve("app-of-a-killed-run/lib/x.jar"), "x");
    AppCatalog catalog = load();
    assertThat(work()).isDirectoryNotContaining(path -> path.endsWith("app-of-a-killed-run"));
    catalog.close();
    catalog.close();
    assertThat(work()).isEmptyDirectory();
  }

  @Test
  void readsSecretsFromTheEnvironmentAndFromFiles() throws Exception {
    environment.put("X", "from env\n");
    Files.createDirectories(apps());
    Files.writeString(jar("token"), "from file\r\n");
    Files.writeString(jar("two"), "a\n\n");
    TestJar.app(
            "{\"name\":\"a\",\"worker\":\"W\",\"secrets\":{\"E\":{\"env\":\"X\"},\"F\":{\"file\":\"token\"},\"G\":{\"file\":\"%s\"}}}"
                .formatted(jar("two")))
        .source("W", WORKER.formatted("e.secret(\"E\") + e.secret(\"F\") + e.secret(\"G\")"))
        .write(jar("a.jar"));
    AppCatalog catalog = load();
    assertThat(answer(catalog, "a")).isEqualTo("from env\nfrom filea\n");
    assertThat(app(catalog, "a").toString()).doesNotContain("from env").doesNotContain("from file");
  }

  @Test
  void refusesSecretsThatAreNotThere() throws Exception {
    environment.put("EMPTY", "");
    Files.createDirectories(apps());
    Files.write(jar("binary"), new byte[] {'s', 'e', (byte) 0xff});
    Files.writeString(jar("large"), "s".repeat(65_537));
    Files.writeString(jar("empty"), "\n");
    TestJar.app(
            """
            {"name":"a","worker":"W","secrets":{
              "A":{"env":"UNSET"},"B":{"env":"EMPTY"},"C":{"file":"none"},"D":{"file":"binary"},
              "E":{"file":"large"},"F":{"file":"empty"}}}
            """)
        .source("W", WORKER.formatted("\"\""))
        .write(jar("a.jar"));
    assertRefused(
        """
        $/a.jar: 6 problems
          secrets.A.env: expected environment variable UNSET to be set, found it unset or empty
          secrets.B.env: expected environment variable EMPTY to be set, found it unset or empty
          secrets.C.file: expected the secret in file $/none, found no such file
          secrets.D.file: expected UTF-8 text in file $/binary, found other bytes
          secrets.E.file: expected at most 65536 bytes in file $/large, found more
          secrets.F.file: expected the secret in file $/empty, found the file empty\
        """
            .replace("$", apps().toString()));
  }

  @Test
  void refusesTwoAppsOfOneName() {
    worker("a", "\"1\"").write(jar("one.jar"));
    worker("a", "\"2\"").write(jar("two.jar"));
    assertRefused(
        "name: expected one app of each name, found 'a' in %s and %s"
            .formatted(jar("one.jar"), jar("two.jar")));
  }

  @Test
  void namesEveryBadJar() {
    TestJar.app("{\"name\":\"a\"}").write(jar("a.jar"));
    worker("good", "\"\"").write(jar("b.jar"));
    TestJar.app("{}x").write(jar("c.jar"));
    assertThatThrownBy(this::load)
        .hasMessageContaining(jar("a.jar") + ": the document: expected a worker or objects")
        .hasMessageContaining(jar("c.jar") + ": holdfast.jsonc line 1, column ");
    assertThat(work()).isEmptyDirectory();
  }

  @Test
  void refusesAJarWithoutADescriptor() {
    new TestJar().entry("x.txt", "x").write(jar("a.jar"));
    assertRefused(
        jar("a.jar")
            + ": holdfast.jsonc: expected it at the root of the jar, found nothing (libraries belong in a folder x.lib"
            + " beside x.jar)");
  }

  @Test
  void refusesABrokenJar() throws Exception {
    Files.createDirectories(apps());
    Files.writeString(jar("a.jar"), "no zip at all");
    assertRefused(
        jar("a.jar") + ": the file: expected a jar, found a broken one: zip END header not found");
  }

  @Test
  void refusesATruncatedJar() throws Exception {
    Path jar = worker("a", "\"1\"").write(jar("a.jar"));
    byte[] bytes = Files.readAllBytes(jar);
    Files.write(jar, java.util.Arrays.copyOf(bytes, bytes.length / 2));
    assertRefused(jar + ": the file: expected a jar, found a broken one: zip END header not found");
  }

  @Test
  void refusesADirectoryThatDoesNotExist() {
    assertThatThrownBy(this::load)
        .hasMessage("expected the app directory " + apps() + ", found none there");
  }

  @Test
  void loadsNothingFromAnEmptyDirectory() throws Exception {
    Files.createDirectories(apps());
    assertThat(load().apps()).isEmpty();
  }

  @Test
  void refusesClassesOfALaterJava() {
    int next = Runtime.version().feature() + 1;
    worker("a", "\"1\"").ofJava(next, "W").write(jar("a.jar"));
    assertRefused(
        "%s: W.class: expected a class for Java %d or older, found one for Java %d"
            .formatted(jar("a.jar"), next - 1, next));
  }

  @Test
  void refusesABrokenClassFile() {
    TestJar.app("{\"name\":\"a\",\"worker\":\"W\"}")
        .entry("W.class", "certainly no class".getBytes(StandardCharsets.UTF_8))
        .write(jar("a.jar"));
    assertThatThrownBy(this::load)
        .hasMessageStartingWith(
            jar("a.jar")
                + ": worker: expected a class that can be loaded, found W, which cannot: java.lang.ClassFormatError");
  }

  @Test
  void refusesWorkersThatCannotWork() {
    worker("none", "\"\"").without("W.class").write(jar("a.jar"));
    TestJar.app("{\"name\":\"other\",\"worker\":\"W\"}")
        .source("W", "public class W {}")
        .write(jar("b.jar"));
    TestJar.app("{\"name\":\"hidden\",\"worker\":\"W\"}")
        .source("W", WORKER.formatted("\"\"").replace("public class", "class"))
        .write(jar("c.jar"));
    TestJar.app("{\"name\":\"abstract\",\"worker\":\"W\"}")
        .source("W", "public interface W extends Worker {}")
        .write(jar("d.jar"));
    TestJar.app("{\"name\":\"arguments\",\"worker\":\"W\"}")
        .source(
            "W",
            WORKER
                .formatted("\"\"")
                .replace("{ public Response", "{ public W(int x) {} W() {} public Response"))
        .write(jar("e.jar"));
    TestJar.app("{\"name\":\"throws\",\"worker\":\"W\"}")
        .source(
            "W",
            WORKER
                .formatted("\"\"")
                .replace(
                    "{ public Response",
                    "{ public W() { throw new IllegalStateException(\"no\"); } public Response"))
        .write(jar("f.jar"));
    TestJar.app("{\"name\":\"statics\",\"worker\":\"W\"}")
        .source(
            "W",
            WORKER
                .formatted("\"\"")
                .replace("{ public Response", "{ static int x = 1 / 0; public Response"))
        .write(jar("g.jar"));
    assertRefused(
        """
        $/a.jar: worker: expected a class of the app, found no class W in it
        $/b.jar: worker: expected a class that implements Worker, found W, which does not
        $/c.jar: worker: expected a public class, found W, which is not public
        $/d.jar: worker: expected a class that is not abstract, found W, which is
        $/e.jar: worker: expected a public constructor W(), found W(int), non-public W()
        $/f.jar: worker: expected its constructor to return, found it threw java.lang.IllegalStateException: no
        $/g.jar: worker: expected a class that can be loaded, found it failed with java.lang.ArithmeticException: / by zero\
        """
            .replace("$", apps().toString()));
  }

  @Test
  void refusesObjectClassesThatCannotWork() {
    TestJar.app(
            """
            {"name":"a","objects":[
              {"name":"o0","class":"None"},{"name":"o1","class":"NoObject"},{"name":"o2","class":"Hidden"},
              {"name":"o3","class":"Abstract"},{"name":"o4","class":"Arguments"},{"name":"o5","class":"Outer$Inner"},
              {"name":"o6","class":"Box"},{"name":"o7","class":"Twice"},{"name":"o8","class":"java.lang.String"}]}
            """)
        .source("NoObject", "public class NoObject {}")
        .source("Hidden", object("Hidden", "").replace("public class", "class"))
        .source("Abstract", object("Abstract", "").replace("public class", "public abstract class"))
        .source(
            "Arguments",
            "public class Arguments extends DurableObject { public Arguments() { super(null, null); } }")
        .source(
            "Outer",
            "public class Outer { public class Inner extends DurableObject { public Inner(ObjectContext c, Env e) { super(c, e); } } }")
        .source("Box", CONTAINER.replace(" O", " Box"))
        .source(
            "Twice",
            object(
                "Twice",
                "public void put(String s) {} public void put(int i) {} public void put() {}"))
        .write(jar("a.jar"));
    assertRefused(
        """
        %s: 9 problems
          objects[0].class: expected a class of the app, found no class None in it
          objects[1].class: expected a class that extends DurableObject, found NoObject, which does not
          objects[2].class: expected a public class, found Hidden, which is not public
          objects[3].class: expected a class that is not abstract, found Abstract, which is
          objects[4].class: expected a public constructor Arguments(ObjectContext, Env), found Arguments()
          objects[5].class: expected a public constructor Inner(ObjectContext, Env), found Inner(Outer, ObjectContext, Env)
          objects[6].container: expected an object with the image, because Box extends Container, found nothing
          objects[7].class: expected one public method "put" with 1 parameter in Twice, found put(int) and put(String): calls find a method by its name and number of arguments
          objects[8].class: expected a class that extends DurableObject, found java.lang.String, which does not\
        """
            .formatted(jar("a.jar")));
  }

  @Test
  void namesTheClassThatIsMissingFromTheJar() {
    TestJar.app(WITH_OBJECT)
        .source("O", OBJECT.formatted("public p.Gone gone() { return null; }"))
        .source("p.Gone", "public class Gone {}")
        .without("p/Gone.class")
        .write(jar("a.jar"));
    assertRefused(
        jar("a.jar")
            + ": objects[0].class: expected a class that can be loaded, found O, which needs the missing class p.Gone");
  }

  @Test
  void bindsAnAppToANamespaceOfAnother() throws Exception {
    TestJar.app(WITH_OBJECT).source("O", OBJECT.formatted("")).write(jar("a.jar"));
    TestJar.app(
            "{\"name\":\"b\",\"worker\":\"W\",\"objects\":[{\"name\":\"THEIRS\",\"app\":\"a\",\"namespace\":\"o\"}]}")
        .source("W", WORKER.formatted("e.objects(\"THEIRS\").idFromName(\"x\").hex()"))
        .write(jar("b.jar"));
    AppCatalog catalog = load();
    assertThat(answer(catalog, "b"))
        .isEqualTo(catalog.ids(new NamespaceId("a", "o")).named("x").hex());
  }

  @Test
  void refusesABindingToANamespaceThatDoesNotExist() {
    TestJar.app(WITH_OBJECT).source("O", OBJECT.formatted("")).write(jar("a.jar"));
    TestJar.app("{\"name\":\"b\",\"objects\":[{\"name\":\"x\",\"app\":\"a\",\"namespace\":\"p\"}]}")
        .write(jar("b.jar"));
    assertRefused(
        jar("b.jar")
            + ": objects[0]: expected a namespace that an app has, found 'a.p'; there are a.o");
  }

  @Test
  void resolvesNamespacesByBareAndByFullName() {
    for (String app : new String[] {"a", "b"}) {
      TestJar.app(
              "{\"name\":\"%s\",\"objects\":[{\"name\":\"o\",\"class\":\"O\"},{\"name\":\"of-%s\",\"class\":\"P\"}]}"
                  .formatted(app, app))
          .source("O", OBJECT.formatted(""))
          .source("P", object("P", ""))
          .write(jar(app + ".jar"));
    }
    AppCatalog catalog = load();
    assertThat(catalog.resolve("a.o")).isEqualTo(new NamespaceId("a", "o"));
    assertThat(catalog.resolve("of-b")).isEqualTo(new NamespaceId("b", "of-b"));
    assertThatThrownBy(() -> catalog.resolve("o"))
        .hasMessage("expected one namespace 'o', found several: a.o, b.o; say which, as app.name");
    assertThatThrownBy(() -> catalog.resolve("a.of-b"))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.NAMESPACE_NOT_FOUND))
        .hasMessage(
            "expected a namespace that an app has, found 'a.of-b'; there are a.o, a.of-a, b.o, b.of-b");
    assertThat(catalog.app(new NamespaceId("b", "o")).name()).isEqualTo("b");
  }
}
