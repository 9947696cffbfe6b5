package io.quotastack.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LatenciesTest {
  @Test
  void percentiles_have_three_significant_digits() {
    Latencies latencies = new Latencies();
    for (int millis = 1; millis <= 1_000; millis++) {
      latencies.record(millis * 1_000_000L);
    }

    assertThat(latencies.count()).isEqualTo(1_000);
    assertThat(latencies.percentileMillis(50)).isCloseTo(500, within(0.5));
    assertThat(latencies.percentileMillis(99.9)).isCloseTo(999, within(1.0));
    assertThat(latencies.maxMillis()).isCloseTo(1_000, within(1.0));
  }

  @Test
  void the_mean_counts_every_latency() {
    Latencies latencies = new Latencies();
    latencies.record(1_000_000);
    latencies.record(1_000_000);
    latencies.record(10_000_000);

    assertThat(latencies.meanMillis()).isCloseTo(4, within(0.01));
  }

  @Test
  void nothing_is_lost_between_processes() {
    Latencies latencies = new Latencies();
    latencies.record(1_234_567);
    latencies.record(45_000_000_000L);

    Latencies other = Latencies.decoded(latencies.encoded());
    other.add(latencies);

    assertThat(other.count()).isEqualTo(4);
    assertThat(other.percentileMillis(50)).isEqualTo(latencies.percentileMillis(50));
    assertThat(other.maxMillis()).isEqualTo(latencies.maxMillis());
  }

  @Test
  void what_is_out_of_range_counts_as_the_nearest_end() {
    Latencies latencies = new Latencies();
    latencies.record(-5);
    latencies.record(Long.MAX_VALUE);

    assertThat(latencies.count()).isEqualTo(2);
    assertThat(latencies.maxMillis()).isCloseTo(60_000, within(60.0));
  }

  @Test
  void what_is_no_histogram_is_refused() {
    assertThatThrownBy(() -> Latencies.decoded("AAAA")).isInstanceOf(RuntimeException.class);
  }
}
