package io.holdfast.examples.orchestrator;

import java.util.List;

/// What others may ask of the manager:
/// `env.objects("manager").getByName("fleet").as(ManagerApi.class)`.
public interface ManagerApi {
  /// The most instances of a region.
  int INSTANCES_MAX = 10;

  /// Makes the region have that many instances: starts what is missing or unhealthy, stops the
  /// surplus; returns when that is done. A call during another one wins over it.
  ///
  /// @param instanceCount 0 to `INSTANCES_MAX`
  Fleet scale(String region, int instanceCount);

  /// Stores whether an instance is fit to be sent requests.
  void setHealthy(String id, boolean healthy);

  /// The ids of the healthy instances of a region.
  List<String> healthy(String region);

  Fleet fleet(String region);

  /// The instances of a region as the manager has them.
  ///
  /// @param wanted how many there should be
  record Fleet(String region, int wanted, List<Member> instances) {}

  /// One instance.
  ///
  /// @param id such as `instance-weur-0`
  /// @param problem why it is unhealthy, when that is known, else empty
  record Member(String id, boolean healthy, String problem) {}
}
