package io.holdfast.cassandra.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CassandraConfigTest {
  private static final String REGIONS =
      "holdfast.regions { eu { number = 1, jurisdictions = [eu, fedramp-high] }, us { number = 2 } }\n";

  private static CassandraConfig config(String settings) {
    return CassandraConfig.from(
        ConfigFactory.parseString(settings)
            .withFallback(ConfigFactory.defaultReferenceUnresolved())
            .resolve());
  }

  @Test
  void eachJurisdictionOfTheRegionHasAKeyspace() {
    CassandraConfig eu =
        config(REGIONS + "holdfast { region = eu, persistence.cassandra.keyspace = boxes }");
    assertThat(eu.keyspace()).isEqualTo("boxes");
    assertThat(eu.keyspaces().parts())
        .hasSize(3)
        .containsEntry(Optional.of(Jurisdiction.EU), "boxes_eu")
        .containsEntry(Optional.of(Jurisdiction.FEDRAMP_HIGH), "boxes_fedramp_high");
    assertThat(eu.keyspaces().elsewhere())
        .containsExactlyInAnyOrder(Jurisdiction.US, Jurisdiction.FEDRAMP);
    assertThat(config(REGIONS + "holdfast.region = us").keyspaces().elsewhere())
        .containsExactlyInAnyOrder(Jurisdiction.values());
    assertThat(config("holdfast.region = alone").keyspaces().parts()).hasSize(1);
  }

  @Test
  void theKeyspaceOfAllMeansNotApart() {
    CassandraConfig eu =
        config(
            REGIONS
                + "holdfast { region = eu, persistence.cassandra.jurisdiction-keyspaces.eu = holdfast }");
    assertThat(eu.keyspaces().parts()).doesNotContainKey(Optional.of(Jurisdiction.EU));
    assertThat(eu.keyspaces().elsewhere()).doesNotContain(Jurisdiction.EU);
  }

  @Test
  void anUnknownJurisdictionIsRefusedByTheNameOfItsKey() {
    assertThatThrownBy(() ->
            config("holdfast { region = eu, regions.eu { number = 1, jurisdictions = [mars] } }"))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessage(
            "holdfast.regions.eu.jurisdictions: expected a jurisdiction of eu, us, fedramp, fedramp-high, found 'mars'");
  }

  @Test
  void anyOtherKeyspaceIsRefused() {
    assertThatThrownBy(() ->
            config(
                "holdfast { region = eu, persistence.cassandra.jurisdiction-keyspaces.eu = mine }"))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessage(
            "holdfast.persistence.cassandra.jurisdiction-keyspaces.eu: expected holdfast_eu, or holdfast for what is not kept apart, found 'mine'");
  }
}
