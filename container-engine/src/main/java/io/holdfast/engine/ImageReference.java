package io.holdfast.engine;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The reference of an image, taken apart as Docker does.
///
/// @param registry the host it is pulled from, such as `registry.example.com:5000`; empty when the
///   reference names none: then it is the name of an image that the engine has, or has not
/// @param repository with the registry's name before it, if there is one
/// @param version a tag or a digest such as `sha256:…`; `latest` unless said otherwise
public record ImageReference(Optional<String> registry, String repository, String version) {
  private static final Pattern FORM =
      Pattern.compile("(?<name>[^@]+?)(?::(?<tag>[^/:@]+))?(?:@(?<digest>[^@]+))?");

  /// What it cannot take apart it leaves whole: the engine then says what is wrong.
  public static ImageReference of(String reference) {
    Matcher parts = FORM.matcher(reference);
    if (!parts.matches()) {
      return new ImageReference(Optional.empty(), reference, "latest");
    }
    String name = parts.group("name");
    String digest = parts.group("digest");
    String tag = parts.group("tag");
    String version = digest != null ? digest : tag != null ? tag : "latest";
    return new ImageReference(registry(name), name, version);
  }

  /// The first part of a name is a host when it looks like one.
  private static Optional<String> registry(String name) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    boolean host = first.indexOf('.') >= 0 || first.indexOf(':') >= 0 || first.equals("localhost");
    return host ? Optional.of(first) : Optional.empty();
  }
}
