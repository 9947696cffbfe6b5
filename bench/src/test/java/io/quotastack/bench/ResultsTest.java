package io.quotastack.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.quotastack.bench.Scenario.Spread;
import io.quotastack.bench.Scenario.Subject;
import io.quotastack.bench.load.Latencies;
import io.quotastack.bench.machine.MachineFacts;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ResultsTest {
  private static final List<Integer> CLIENTS = List.of(16, 64);
  private static final Set<Group> LOADS = EnumSet.of(Group.USAGE, Group.HOLDS);

  private final Results results = new Results();

  private void add(Subject subject, Spread spread, int clients, long perSecond) {
    results.addClosed(new Scenario(subject, spread, clients), window(perSecond, 0));
  }

  private static LoadGenerator.Window window(long perSecond, long errors) {
    Latencies latencies = new Latencies();
    latencies.record(1_000_000_000 / perSecond);
    return new LoadGenerator.Window(
        perSecond * 2,
        0,
        2,
        errors,
        errors == 0 ? List.of() : List.of("wrong balance"),
        latencies,
        Map.of("SQL_LOAD", 0.1, "HTTP_LOAD", 0.2, "NODE", 0.7, "POSTGRESQL", 0.4, "other", 0.3));
  }

  private void addAll() {
    for (long round : new long[] {1, 2, 3}) {
      for (int clients : CLIENTS) {
        add(Subject.ROW_LOCK, Spread.CROWD, clients, 500 * round);
        add(Subject.FASTEST, Spread.CROWD, clients, 1_000 * round);
        add(Subject.USAGE, Spread.CROWD, clients, clients == 64 ? 4_000 : 1_000);
        add(Subject.ROW_LOCK, Spread.HOT, clients, 50);
        add(Subject.FASTEST, Spread.HOT, clients, 100);
        add(Subject.USAGE, Spread.HOT, clients, 600);
        add(Subject.BARE, Spread.CROWD, clients, 5_000);
        add(Subject.ENTITLEMENT, Spread.CROWD, clients, 2_000);
        add(Subject.ROW_LOCK_HOLD, Spread.CROWD, clients, 500);
        add(Subject.HOLD, Spread.CROWD, clients, 400);
        add(Subject.ROW_LOCK_HOLD, Spread.HOT, clients, 100);
        add(Subject.HOLD, Spread.HOT, clients, 700);
      }
    }
  }

  private Report.Ratio ratio(String name, int clients) {
    return results.ratios(LOADS, CLIENTS).stream()
        .filter(ratio -> ratio.name().startsWith(name) && ratio.clients() == clients)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void a_ratio_is_of_the_medians_and_shows_its_rounds() {
    addAll();

    Report.Ratio at64 = ratio("usage / fastest debit, many customers", 64);
    assertThat(at64.ratio()).isCloseTo(2.0, within(1e-9));
    assertThat(at64.byRound()).hasSize(3).first().isEqualTo(4.0);
    assertThat(at64.reached()).isTrue();
    Report.Ratio at16 = ratio("usage / fastest debit, many customers", 16);
    assertThat(at16.ratio()).isCloseTo(0.5, within(1e-9));
    assertThat(at16.reached()).isFalse();
    assertThat(ratio("usage / fastest debit, many customers", 0).ratio())
        .isCloseTo(2.0, within(1e-9));
    assertThat(ratio("usage / fastest debit, one hot", 64).reached()).isTrue();
    assertThat(ratio("entitlement", 16).reached()).isFalse();
  }

  @Test
  void holds_are_held_to_the_row_lock_over_many_and_to_five_times_it_on_one() {
    addAll();

    Report.Ratio crowd = ratio("reserve and commit / row-lock reserve and capture, many", 64);
    assertThat(crowd.ratio()).isCloseTo(0.8, within(1e-9));
    assertThat(crowd.target()).isEqualTo(1.0);
    assertThat(crowd.reached()).isFalse();
    Report.Ratio hot = ratio("reserve and commit / row-lock reserve and capture, one hot", 64);
    assertThat(hot.ratio()).isCloseTo(7.0, within(1e-9));
    assertThat(hot.target()).isEqualTo(5.0);
    assertThat(hot.reached()).isTrue();
  }

  @Test
  void only_what_a_group_measured_is_compared() {
    add(Subject.ROW_LOCK_HOLD, Spread.CROWD, 16, 5);
    add(Subject.HOLD, Spread.CROWD, 16, 5);
    add(Subject.ROW_LOCK_HOLD, Spread.HOT, 16, 5);
    add(Subject.HOLD, Spread.HOT, 16, 5);

    assertThat(results.ratios(EnumSet.of(Group.HOLDS), List.of(16))).hasSize(4);
    assertThat(results.ratios(EnumSet.of(Group.AGE), List.of(16))).isEmpty();
  }

  @Test
  void a_round_counts_when_every_closed_loop_was_measured_in_it() {
    assertThat(results.rounds()).isZero();
    add(Subject.ROW_LOCK_HOLD, Spread.CROWD, 16, 5);
    add(Subject.ROW_LOCK_HOLD, Spread.CROWD, 16, 5);
    add(Subject.HOLD, Spread.CROWD, 16, 5);

    assertThat(results.rounds()).isEqualTo(1);
  }

  @Test
  void what_others_took_beside_the_windows_counts_too() {
    results.addOtherCores(0.1);
    assertThat(results.otherCores()).isCloseTo(0.1, within(1e-9));

    add(Subject.HOLD, Spread.CROWD, 16, 5);
    assertThat(results.otherCores()).isCloseTo(0.2, within(1e-9));
  }

  @Test
  void a_ratio_of_what_was_not_measured_is_refused() {
    add(Subject.USAGE, Spread.CROWD, 16, 5);

    assertThatThrownBy(() -> results.ratios(LOADS, CLIENTS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void the_median_is_the_middle() {
    assertThat(Results.median(List.of(9.0, 1.0, 2.0))).isEqualTo(2.0);
    assertThat(Results.median(List.of(4.0, 1.0, 2.0, 9.0))).isEqualTo(3.0);
  }

  @Test
  void cpu_time_of_the_processes_that_rest_counts_as_other() {
    addAll();

    Report.Cores baseline = results.closedLoop().getFirst().cores();
    assertThat(baseline.loadGenerator()).isCloseTo(0.1, within(1e-9));
    assertThat(baseline.server()).isZero();
    assertThat(baseline.postgresql()).isCloseTo(0.4, within(1e-9));
    assertThat(baseline.other()).isCloseTo(1.2, within(1e-9));
    // (0.1 + 0.4) cores for 1,000 operations a second on average.
    assertThat(results.closedLoop().getFirst().cpuMicros()).isCloseTo(500, within(1e-6));
    Report.Cores usage = results.closedLoop().get(2).cores();
    assertThat(usage.loadGenerator()).isCloseTo(0.2, within(1e-9));
    assertThat(usage.server()).isCloseTo(0.7, within(1e-9));
  }

  @Test
  void the_report_tells_what_was_reached_and_what_was_missed() {
    addAll();
    Scenario usage = new Scenario(Subject.USAGE, Spread.HOT, 64);
    results.addOpen(usage, 360, window(360, 0));

    String text = ReportText.of(report(List.of()));

    assertThat(text)
        .contains(
            "| usage / fastest debit, many customers | 64 | 2.00 | 4.00, 2.00, 1.33 | 1.0 | reached |")
        .contains(
            "| usage / fastest debit, many customers | 16 | 0.50 | 1.00, 0.50, 0.33 | 1.0 | MISSED |")
        .contains("| usage | one hot | 64 | 360 |")
        .contains("**no errors**")
        .contains("**Not a quiet machine: other processes took 0.30 cores meanwhile.**")
        .doesNotContain("FAULT");
  }

  @Test
  void a_wrong_answer_or_a_missing_debit_makes_the_report_unsound() {
    addAll();
    assertThat(report(List.of()).isSound()).isTrue();
    Report faulty = report(List.of("customer 7 lost a debit"));
    assertThat(faulty.isSound()).isFalse();
    assertThat(ReportText.of(faulty)).contains("**FAULT** customer 7").contains("Not sound");

    results.addClosed(new Scenario(Subject.USAGE, Spread.HOT, 64), window(5, 3));
    assertThat(report(List.of()).isSound()).isFalse();
    assertThat(report(List.of()).errors()).isEqualTo(3);
    assertThat(ReportText.of(report(List.of()))).contains("3 errors").contains("wrong balance");
  }

  @Test
  void the_report_tells_what_age_costs() {
    AgeResults aged = AgeResultsTest.measured();

    String text = ReportText.of(report(List.of(), aged.report()));

    assertThat(text)
        .contains("| past events: 10 | 1.00")
        .contains("| usage p50, 1,000 past events / 10 | 2.00 | 1.5 | MISSED |")
        .contains("| check p50, 1,000 past events / 10 | 1.00 | 1.5 | reached |")
        .contains("takes 40.5 bytes in memory and 54.0 in the snapshot's row, measured of 2,000");
  }

  @Test
  void the_report_leaves_out_what_was_not_measured() {
    String text = ReportText.of(report(List.of()));

    assertThat(text).doesNotContain("## Ratios").doesNotContain("## Age").contains("## Machine");
    assertThat(text).contains(" Only: usage, holds.");
  }

  private Report report(List<String> faults) {
    return report(faults, null);
  }

  private Report report(List<String> faults, Report.@Nullable Age age) {
    return new Report(
        "2026-01-15T09:00:00Z",
        12,
        LOADS,
        true,
        10_000,
        3,
        2,
        0.6,
        new MachineFacts("a processor", 2, 24, "Linux", "Java"),
        new Report.Storage("ext4", 0.3),
        Map.of("version", "17"),
        List.of("-Xmx1g"),
        List.of(new Report.Variant("a function", Spread.CROWD, 16, 5, true)),
        results.otherCores(),
        results.closedLoop(),
        results.openLoop(),
        results.closedLoop().isEmpty() ? List.of() : results.ratios(LOADS, CLIENTS),
        age,
        new Report.Verification(List.of("all compared"), faults),
        results.errors(),
        results.errorSamples());
  }
}
