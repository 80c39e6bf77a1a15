package io.holdfast.node.app;

import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/// Descriptors that are refused, each with the one message it gets. `'` stands for `"`, `’` for
/// `'`.
final class Hostile {
  private static final String ROOT_KEYS =
      "expected one of the keys name, worker, routes, objects, vars, secrets, $schema, found ";
  private static final String ENTRY_KEYS =
      "expected one of the keys name, class, container, app, namespace, found ";
  private static final String NAME =
      "expected a name of lower-case letters, digits and dashes that starts with a letter, up to 63 characters, found ";
  private static final String BINDING =
      "expected a name of letters, digits, dashes and underscores that starts with a letter, up to 63 characters, found ";
  private static final String JSON = "expected JSON (comments and trailing commas allowed), found ";
  private static final String TYPE =
      "objects[0].container.instanceType: expected lite, basic, standard-1, standard-2, standard-3, standard-4 or an object of vcpu, memoryMib, diskMb, found ";
  private static final String ROUTE =
      "expected a route such as example.com/*, *.example.com/api/* or /api/*, found ";
  private static final String CLASS = "expected a class name such as com.example.Counter, found ";

  private Hostile() {}

  static Stream<Arguments> table() {
    return Stream.of(syntax(), root(), objects(), containers(), otherApps(), variables())
        .flatMap(rows -> rows);
  }

  private static Arguments row(String text, String message) {
    return Arguments.of(text, message);
  }

  private static Stream<Arguments> syntax() {
    return Stream.of(
        row("", "the document: expected an object, found nothing"),
        row("// only a comment", "the document: expected an object, found nothing"),
        row("null", "the document: expected an object, found null"),
        row("[]", "the document: expected an object, found an array"),
        row("'x'", "the document: expected an object, found 'x'"),
        row(
            "{\n  'name': 'a',\n  'name': 'b' }",
            "holdfast.jsonc line 3, column 9: " + JSON + "Duplicate field ’name’"),
        row(
            "{ 'name': 'a' 'worker': 'W' }",
            "holdfast.jsonc line 1, column 15: "
                + JSON
                + "Unexpected character (’'’ (code 34)): was expecting comma to separate Object entries"),
        row(
            "{ 'name': 'a'",
            "holdfast.jsonc line 1, column 14: "
                + JSON
                + "Unexpected end-of-input: expected close marker for Object (start marker at line 1, column 1)"),
        row(
            "{ /* 'name': 'a' }",
            "holdfast.jsonc line 1, column 19: " + JSON + "Unexpected end-of-input in a comment"),
        row(
            "{ name: 'a' }",
            "holdfast.jsonc line 1, column 3: "
                + JSON
                + "Unexpected character (’n’ (code 110)): was expecting double-quote to start field name"),
        row(
            "{ 'name': True }",
            "holdfast.jsonc line 1, column 11: "
                + JSON
                + "Unrecognized token ’True’: was expecting (JSON String, Number, Array, Object or token ’null’, ’true’ or ’false’)"),
        row(
            "{ 'name': 'a\nb' }",
            "holdfast.jsonc line 1, column 13: "
                + JSON
                + "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value"),
        row(
            "{ 'name': 'a',, }",
            "holdfast.jsonc line 1, column 15: "
                + JSON
                + "Unexpected character (’,’ (code 44)): was expecting double-quote to start field name"),
        row(
            "{ 'name': NaN }",
            "holdfast.jsonc line 1, column 14: " + JSON + "Non-standard token ’NaN’"),
        row(
            "{ 'name': 'a','worker':'W' } {}",
            "holdfast.jsonc line 1, column 30: " + JSON + "more text after its end"));
  }

  private static Stream<Arguments> root() {
    return Stream.of(
        row(
            "{}",
            "2 problems\n  name: "
                + NAME
                + "nothing\n  the document: expected a worker or objects, found neither"),
        row("{'worker':'W'}", "name: " + NAME + "nothing"),
        row("{'name':'a'}", "the document: expected a worker or objects, found neither"),
        row("{'name':7,'worker':'W'}", "name: " + NAME + "7"),
        row("{'name':null,'worker':'W'}", "name: " + NAME + "null"),
        row("{'name':'A b','worker':'W'}", "name: " + NAME + "'A b'"),
        row("{'name':'a\\n','worker':'W'}", "name: " + NAME + "'a\\n'"),
        row(
            "{'name':'" + "a".repeat(64) + "','worker':'W'}",
            "name: " + NAME + "'" + "a".repeat(64) + "'"),
        row(
            "{'name':'" + "a".repeat(100) + "','worker':'W'}",
            "name: " + NAME + "'" + "a".repeat(80) + "…'"),
        row("{'name':'a','worker':'a/B'}", "worker: " + CLASS + "'a/B'"),
        row("{'name':'a','worker':'.B'}", "worker: " + CLASS + "'.B'"),
        row("{'name':'a','worker':['W']}", "worker: " + CLASS + "an array"),
        row(
            "{'name':'a','main':'W','worker':'W'}",
            "main: " + ROOT_KEYS + "'main'; did you mean 'worker'?"),
        row(
            "{'name':'a','worker':'W','ruotes':[]}",
            "ruotes: " + ROOT_KEYS + "'ruotes'; did you mean 'routes'?"),
        row(
            "{'name':'a','worker':'W','durable_objects':{}}",
            "durable_objects: " + ROOT_KEYS + "'durable_objects'; did you mean 'objects'?"),
        row(
            "{'name':'a','worker':'W','a key':1}",
            "['a key']: " + ROOT_KEYS + "'a key'; did you mean 'name'?"),
        row(
            "{'name':'a','objects':[{'name':'o','class':'O'}],'routes':['/']}",
            "worker: expected the class that the routes lead to, found nothing"),
        row("{'name':'a','worker':'W','routes':'/*'}", "routes: expected an array, found '/*'"),
        row("{'name':'a','worker':'W','routes':null}", "routes: expected an array, found null"),
        row("{'name':'a','worker':'W','routes':[1]}", "routes[0]: " + ROUTE + "1"),
        row("{'name':'a','worker':'W','routes':['x.com']}", "routes[0]: " + ROUTE + "'x.com'"),
        row("{'name':'a','worker':'W','routes':['/a*b']}", "routes[0]: " + ROUTE + "'/a*b'"),
        row("{'name':'a','worker':'W','routes':['x.*/b']}", "routes[0]: " + ROUTE + "'x.*/b'"),
        row("{'name':'a','worker':'W','routes':['/a?b']}", "routes[0]: " + ROUTE + "'/a?b'"),
        row(
            "{'name':'a','worker':'W','routes':['https://x.com/']}",
            "routes[0]: " + ROUTE + "'https://x.com/'"),
        row(
            "{'name':'a','worker':'W','routes':['/b','/a','/b']}",
            "routes[2]: expected no two the same, found '/b' twice"));
  }

  private static Stream<Arguments> objects() {
    return Stream.of(
        row("{'name':'a','objects':{}}", "objects: expected an array, found an object"),
        row("{'name':'a','objects':['o']}", "objects[0]: expected an object, found 'o'"),
        row(object("'class':'O'"), "objects[0].name: " + NAME + "nothing"),
        row(object("'name':'ROOMS','class':'O'"), "objects[0].name: " + NAME + "'ROOMS'"),
        row(object("'name':'o'"), "objects[0].class: " + CLASS + "nothing"),
        row(
            object("'name':'o','class':'O','class_name':'O'"),
            "objects[0].class_name: " + ENTRY_KEYS + "'class_name'; did you mean 'class'?"),
        row(
            object("'name':'o','class':'O'},{'name':'o','class':'P'"),
            "objects[1].name: expected one of its own, found 'o' as in objects[0].name"),
        row(
            object("'name':'o','class':'O'},{'name':'p','class':'O'"),
            "objects[1].class: expected one of its own, found 'O' as in objects[0].class"),
        row(
            object("'name':'o','class':'O'},{'name':'o','app':'b','namespace':'n'"),
            "objects[1].name: expected one of its own, found 'o' as in objects[0].name"));
  }

  private static Stream<Arguments> containers() {
    return Stream.of(
        row(
            object("'name':'o','class':'O','container':'img'"),
            "objects[0].container: expected an object, found 'img'"),
        row(
            container(""),
            "objects[0].container.image: expected an image reference of 1 to 4096 printable characters, found nothing"),
        row(
            container("'image':'a b'"),
            "objects[0].container.image: expected an image reference of 1 to 4096 printable characters, found 'a b'"),
        row(
            container("'image':'i','max_instances':2"),
            "objects[0].container.max_instances: expected one of the keys image, images, instanceType, maxInstances, persistentPaths, readOnlyRoot, runtime, found 'max_instances'; did you mean 'maxInstances'?"),
        row(
            container("'image':'i','readOnlyRoot':'yes'"),
            "objects[0].container.readOnlyRoot: expected true or false, found 'yes'"),
        row(
            container("'image':'i','runtime':'/bin/sh'"),
            "objects[0].container.runtime: expected the name of a runtime: 1 to 100 letters, digits, dots, underscores, dashes, found '/bin/sh'"),
        row(container("'image':'i','maxInstances':0"), max("0")),
        row(container("'image':'i','maxInstances':100001"), max("100001")),
        row(container("'image':'i','maxInstances':2.5"), max("2.5")),
        row(container("'image':'i','maxInstances':99999999999"), max("99999999999")),
        row(container("'image':'i','maxInstances':'2'"), max("'2'")),
        row(container("'image':'i','instanceType':'huge'"), TYPE + "'huge'"),
        row(container("'image':'i','instanceType':4"), TYPE + "4"),
        row(container("'image':'i','instanceType':null"), TYPE + "null"),
        row(
            container("'image':'i','instanceType':{'vcpu':0.05,'memoryMib':16,'diskMb':1}"),
            custom("vcpu: expected a number from 0.0625 to 64, found 0.05")),
        row(
            container("'image':'i','instanceType':{'vcpu':1e400,'memoryMib':16,'diskMb':1}"),
            custom("vcpu: expected a number from 0.0625 to 64, found 1E+400")),
        row(
            container("'image':'i','instanceType':{'vcpu':1,'memoryMib':15,'diskMb':1}"),
            custom("memoryMib: expected a whole number from 16 to 1048576, found 15")),
        row(
            container("'image':'i','instanceType':{'vcpu':1,'memoryMib':16,'diskMb':0}"),
            custom("diskMb: expected a whole number from 1 to 10000000, found 0")),
        row(
            container(
                "'image':'i','instanceType':{'vcpu':1,'memory_mib':16,'memoryMib':16,'diskMb':1}"),
            custom(
                "memory_mib: expected one of the keys vcpu, memoryMib, diskMb, found 'memory_mib'; did you mean 'memoryMib'?")));
  }

  private static Stream<Arguments> otherApps() {
    return Stream.of(
        row(object("'name':'o','app':'b'"), "objects[0].namespace: " + NAME + "nothing"),
        row(object("'name':'o','namespace':'n'"), "objects[0].app: " + NAME + "nothing"),
        row(
            object("'name':'o o','app':'b','namespace':'n'"),
            "objects[0].name: " + BINDING + "'o o'"),
        row(
            object("'name':'o','app':'b','namespace':'n','class':'O'"),
            "objects[0].class: expected nothing beside app and namespace, found a class"),
        row(
            object("'name':'o','app':'b','namespace':'n','container':{}"),
            "objects[0].container: expected nothing beside app and namespace, found a container"));
  }

  private static Stream<Arguments> variables() {
    return Stream.of(
        row(vars("[]"), "vars: expected an object, found an array"),
        row(vars("{'A':null}"), "vars.A: expected a text, a number or a boolean, found null"),
        row(vars("{'A':{}}"), "vars.A: expected a text, a number or a boolean, found an object"),
        row(vars("{'A':['x']}"), "vars.A: expected a text, a number or a boolean, found an array"),
        row(
            vars("{'1A':'x'}"),
            "vars['1A']: expected a name of letters, digits and underscores that does not start with a digit, up to 128 characters, found '1A'"),
        row(
            vars("{'A':'" + "x".repeat(65_537) + "'}"),
            "vars.A: expected at most 65536 characters, found 65537 characters"),
        row(
            secret("'x'"),
            "secrets.A: expected {'env': 'VARIABLE'} or {'file': 'path'}, found a text"),
        row(
            secret("{}"),
            "secrets.A: expected {'env': 'VARIABLE'} or {'file': 'path'}, found neither"),
        row(
            secret("{'env':'X','file':'y'}"),
            "secrets.A: expected {'env': 'VARIABLE'} or {'file': 'path'}, found both"),
        row(
            secret("{'env':'X','default':'y'}"),
            "secrets.A.default: expected one of the keys env, file, found 'default'; did you mean 'file'?"),
        row(
            secret("{'env':'no name'}"),
            "secrets.A.env: expected the name of an environment variable such as API_TOKEN, found a text"),
        row(secret("{'file':''}"), "secrets.A.file: expected the path of a file, found a text"));
  }

  private static String object(String entry) {
    return "{'name':'a','objects':[{" + entry + "}]}";
  }

  private static String container(String inside) {
    return object("'name':'o','class':'O','container':{" + inside + "}");
  }

  private static String custom(String rest) {
    return "objects[0].container.instanceType." + rest;
  }

  private static String max(String found) {
    return "objects[0].container.maxInstances: expected a whole number from 1 to 100000, found "
        + found;
  }

  private static String vars(String vars) {
    return "{'name':'a','worker':'W','vars':" + vars + "}";
  }

  private static String secret(String source) {
    return "{'name':'a','worker':'W','secrets':{'A':" + source + "}}";
  }
}
