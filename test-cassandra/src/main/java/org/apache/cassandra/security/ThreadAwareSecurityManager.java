package org.apache.cassandra.security;

/// In the place of Cassandra's own class, which wants a security manager; from JDK 24 on there is
/// none. It guards user-defined functions, and these are off.
public final class ThreadAwareSecurityManager {
  private ThreadAwareSecurityManager() {}

  public static void install() {}
}
