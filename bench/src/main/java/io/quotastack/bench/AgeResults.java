package io.quotastack.bench;

import io.quotastack.bench.load.Latencies;
import io.quotastack.bench.past.AgedCustomers;
import io.quotastack.bench.past.AgedCustomers.Dimension;
import io.quotastack.bench.past.PastMade;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What was measured of aged customers, and the figures that follow. */
final class AgeResults {
  /** What the issue promises: how much slower the longest past may make a request. */
  private static final double SLOWER_AT_MOST = 1.5;

  /** What the issue promises: the longest that bringing a customer back may take. */
  private static final double RECOVERY_MILLIS_AT_MOST = 1_000;

  private final List<Row> rows;
  private final PastMade past;

  AgeResults(List<AgedCustomers> customers, PastMade past) {
    this.rows = customers.stream().map(Row::new).toList();
    this.past = past;
  }

  /** The rows, in the order of the report. */
  List<Row> rows() {
    return rows;
  }

  /** One row while it is measured. */
  static final class Row {
    private final AgedCustomers customers;
    private final Latencies usage = new Latencies();
    private final Latencies checks = new Latencies();
    private final List<Double> recoveryMillis = new ArrayList<>();
    private double journalAloneMillis;
    private long snapshotBytes;

    private Row(AgedCustomers customers) {
      this.customers = customers;
    }

    AgedCustomers customers() {
      return customers;
    }

    void addUsage(List<Long> nanos) {
      nanos.forEach(usage::record);
    }

    void addChecks(List<Long> nanos) {
      nanos.forEach(checks::record);
    }

    /** How long the first request took that brought the customer back into memory. */
    void addRecovery(long nanos) {
      recoveryMillis.add(nanos / 1e6);
    }

    /** How long that took without a snapshot. */
    void setJournalAlone(long nanos) {
      journalAloneMillis = nanos / 1e6;
    }

    /** 0 = so short a past has none. */
    void setSnapshotBytes(long bytes) {
      snapshotBytes = bytes;
    }

    private Report.AgeRow report() {
      return new Report.AgeRow(
          customers.dimension(),
          customers.size(),
          timing(usage),
          timing(checks),
          new Report.Recovery(
              Results.median(recoveryMillis),
              recoveryMillis.stream().mapToDouble(millis -> millis).max().orElseThrow(),
              recoveryMillis.size(),
              journalAloneMillis,
              snapshotBytes));
    }

    private static Report.Timing timing(Latencies latencies) {
      return new Report.Timing(
          latencies.percentileMillis(50), latencies.meanMillis(), latencies.count());
    }
  }

  Report.Age report() {
    List<Report.AgeRow> reported = rows.stream().map(Row::report).toList();
    return new Report.Age(
        reported,
        limits(reported),
        new Report.KeyBytes(past.keys(), past.bytesPerKey(), snapshotBytesPerKey(reported)));
  }

  private static List<Report.Limit> limits(List<Report.AgeRow> rows) {
    List<Report.AgeRow> byEvents =
        rows.stream().filter(row -> row.dimension() == Dimension.EVENTS).toList();
    List<Report.Limit> limits = new ArrayList<>();
    addGrowth(limits, byEvents, "usage p50", row -> row.usage().p50Millis());
    addGrowth(limits, byEvents, "usage mean", row -> row.usage().meanMillis());
    addGrowth(limits, byEvents, "check p50", row -> row.check().p50Millis());
    addGrowth(limits, byEvents, "check mean", row -> row.check().meanMillis());
    limits.add(
        new Report.Limit(
            "recovery after a snapshot, the slowest row, ms",
            rows.stream().mapToDouble(row -> row.recovery().medianMillis()).max().orElseThrow(),
            RECOVERY_MILLIS_AT_MOST));
    return limits;
  }

  private static void addGrowth(
      List<Report.Limit> limits,
      List<Report.AgeRow> byEvents,
      String what,
      ToDoubleFunction<Report.AgeRow> millis) {
    Report.AgeRow young = byEvents.getFirst();
    Report.AgeRow old = byEvents.getLast();
    limits.add(
        new Report.Limit(
            "%s, %,d past events / %,d".formatted(what, old.size(), young.size()),
            millis.applyAsDouble(old) / millis.applyAsDouble(young),
            SLOWER_AT_MOST));
  }

  /** All of the largest snapshot of keys is keys, but for some hundred bytes. */
  private static double snapshotBytesPerKey(List<Report.AgeRow> rows) {
    Report.AgeRow most =
        rows.stream()
            .filter(row -> row.dimension() == Dimension.KEYS)
            .reduce((fewer, more) -> more)
            .orElseThrow();
    return (double) most.recovery().snapshotBytes() / most.size();
  }
}
