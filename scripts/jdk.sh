#!/usr/bin/env bash
# Prints the home of a JDK of version 25 or newer: JAVA_HOME, then `java` on PATH, then the usual folders.
set -u
# A JDK says its version in a file; to ask it takes half a second.
version() {
  local said
  said=$(grep '^JAVA_VERSION=' "$1/release" 2>/dev/null) || said=$("$1/bin/java" -version 2>&1 | head -1)
  said=${said#*\"}
  echo "${said%%[!0-9]*}"
}
fits() { [ -x "$1/bin/javac" ] && [ "$(version "$1")" -ge 25 ] 2>/dev/null; }
on_path=$(command -v java 2>/dev/null) && on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
for home in "${JAVA_HOME:-}" "${on_path:-}" /usr/lib/jvm/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*; do
  if [ -n "$home" ] && fits "$home"; then echo "$home"; exit 0; fi
done
echo "holdfast: no JDK of version 25 or newer found (looked at JAVA_HOME, PATH, /usr/lib/jvm, /opt, ~/.sdkman, ~/.jdks)." >&2
echo "          Install one, for example Temurin 25 (https://adoptium.net), or set JAVA_HOME to it." >&2
exit 1
