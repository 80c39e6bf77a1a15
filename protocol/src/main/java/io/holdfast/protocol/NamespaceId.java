package io.holdfast.protocol;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.regex.Pattern;

/// A namespace of objects: all objects of one class of one app.
///
/// @param app the app's name
/// @param name the namespace's name within the app
public record NamespaceId(String app, String name) {
  /// App and namespace names: lower-case letters, digits and dashes, up to 63 characters.
  public static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");

  public NamespaceId {
    check("app", app);
    check("namespace", name);
  }

  private static void check(String what, String found) {
    if (!NAME.matcher(found).matches()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected " + what + " name of the form " + NAME + ", found '" + found + "'");
    }
  }

  /// `app.name`.
  @Override
  public String toString() {
    return app + "." + name;
  }
}
