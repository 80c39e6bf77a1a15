package io.holdfast.testapp;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Points at which code of this app waits until a test lets it go on.
final class Latches {
  private static final Map<String, CountDownLatch> LATCHES = new ConcurrentHashMap<>();

  private Latches() {}

  static CountDownLatch of(String name) {
    return LATCHES.computeIfAbsent(name, _ -> new CountDownLatch(1));
  }

  static void open(String name) {
    of(name).countDown();
  }

  static boolean await(String name) throws InterruptedException {
    return of(name).await(30, TimeUnit.SECONDS);
  }
}
