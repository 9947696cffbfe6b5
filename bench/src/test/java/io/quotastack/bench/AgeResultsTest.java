package io.quotastack.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.quotastack.bench.past.AgedCustomers;
import io.quotastack.bench.past.AgedCustomers.Dimension;
import io.quotastack.bench.past.PastMade;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgeResultsTest {
  private static final long MILLI_NANOS = 1_000_000;

  /** Usage is twice as slow with the longer past, checks are not; keys make recovery slow. */
  static AgeResults measured() {
    AgeResults results =
        new AgeResults(
            List.of(
                new AgedCustomers(Dimension.EVENTS, 10, 0, 5),
                new AgedCustomers(Dimension.EVENTS, 1_000, 5, 1),
                new AgedCustomers(Dimension.KEYS, 2_000, 6, 1)),
            new PastMade(5_000, 2_000, 40.5));
    add(results.rows().get(0), 1, 1, 2, 0);
    add(results.rows().get(1), 2, 1, 3, 4_000);
    add(results.rows().get(2), 1, 1, 900, 108_000);
    return results;
  }

  private static void add(
      AgeResults.Row row, long usageMillis, long checkMillis, long recoveryMillis, long bytes) {
    row.addUsage(List.of(usageMillis * MILLI_NANOS, usageMillis * MILLI_NANOS));
    row.addChecks(List.of(checkMillis * MILLI_NANOS, checkMillis * MILLI_NANOS));
    row.addRecovery(recoveryMillis * MILLI_NANOS);
    row.addRecovery(recoveryMillis * MILLI_NANOS);
    row.addRecovery(5_000 * MILLI_NANOS);
    row.setJournalAlone(7_000 * MILLI_NANOS);
    row.setSnapshotBytes(bytes);
  }

  private static Report.Limit limit(Report.Age age, String name) {
    return age.limits().stream()
        .filter(limit -> limit.name().startsWith(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void the_longest_past_is_compared_with_the_shortest() {
    Report.Age age = measured().report();

    Report.Limit usage = limit(age, "usage p50");
    assertThat(usage.value()).isCloseTo(2, within(0.01));
    assertThat(usage.reached()).isFalse();
    Report.Limit check = limit(age, "check mean");
    assertThat(check.value()).isCloseTo(1, within(0.01));
    assertThat(check.reached()).isTrue();
  }

  @Test
  void the_slowest_row_counts_for_recovery_by_its_median() {
    Report.Limit recovery = limit(measured().report(), "recovery");

    assertThat(recovery.value()).isCloseTo(900, within(0.01));
    assertThat(recovery.atMost()).isEqualTo(1_000);
    assertThat(recovery.reached()).isTrue();
  }

  @Test
  void a_row_tells_its_figures() {
    Report.AgeRow row = measured().report().rows().get(1);

    assertThat(row.dimension()).isEqualTo(Dimension.EVENTS);
    assertThat(row.size()).isEqualTo(1_000);
    assertThat(row.usage().requests()).isEqualTo(2);
    assertThat(row.usage().meanMillis()).isCloseTo(2, within(0.01));
    assertThat(row.recovery().times()).isEqualTo(3);
    assertThat(row.recovery().maxMillis()).isCloseTo(5_000, within(0.01));
    assertThat(row.recovery().journalAloneMillis()).isCloseTo(7_000, within(0.01));
  }

  @Test
  void the_bytes_of_a_key_are_those_of_the_largest_window() {
    Report.KeyBytes bytes = measured().report().keyBytes();

    assertThat(bytes).isEqualTo(new Report.KeyBytes(2_000, 40.5, 54));
  }
}
