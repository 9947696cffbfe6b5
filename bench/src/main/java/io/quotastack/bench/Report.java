package io.quotastack.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quotastack.bench.machine.MachineFacts;
import io.quotastack.bench.past.AgedCustomers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All that a run found out; its JSON form is the report file for programs.
 *
 * @param groups what was measured
 * @param rounds how often every closed loop was measured
 * @param otherCores CPU time that processes which are no part of the run took meanwhile, in cores
 * @param age null = was not measured
 */
public record Report(
    String startedAt,
    double tookSeconds,
    Set<Group> groups,
    boolean quick,
    int customers,
    int rounds,
    double windowSeconds,
    double openLoopShare,
    MachineFacts machine,
    Storage storage,
    Map<String, String> postgresql,
    List<String> nodeJvmOptions,
    List<Variant> baselineVariants,
    double otherCores,
    List<Closed> closedLoop,
    List<Open> openLoop,
    List<Ratio> ratios,
    @Nullable Age age,
    Verification verification,
    long errors,
    List<String> errorSamples) {

  /**
   * Where PostgreSQL keeps its data.
   *
   * @param flushMillis how long an 8 KiB write and its fdatasync take, in the median, before any
   *     load
   */
  public record Storage(String type, double flushMillis) {}

  /** How fast one way to write the baseline is; the fastest is the one that is measured. */
  public record Variant(
      String variant, Scenario.Spread spread, int clients, double perSecond, boolean chosen) {}

  /** CPU time used during the windows, in cores: 0.5 is half of one core. */
  public record Cores(double loadGenerator, double server, double postgresql, double other) {}

  /** In milliseconds. */
  public record Percentiles(double p50, double p99, double p999, double max) {}

  /**
   * A closed loop: every client sends its next request as soon as it has its answer.
   *
   * @param perSecond the median over the rounds
   * @param cpuMicros CPU time for one operation, of load generator, server and PostgreSQL together;
   *     steadier than the throughput where the machine is shared with others
   * @param latencyMillis of all rounds; not corrected, for a closed loop has no intended instants
   */
  public record Closed(
      Scenario scenario,
      double perSecond,
      List<Double> perSecondByRound,
      Percentiles latencyMillis,
      long errors,
      Cores cores,
      double cpuMicros) {}

  /**
   * An open loop: requests are due at a fixed rate, and latencies count from the instant at which
   * they were due. That corrects them for coordinated omission.
   *
   * @param late answers that came only after the window
   */
  public record Open(
      Scenario scenario,
      double ratePerSecond,
      long operations,
      long late,
      Percentiles latencyMillis,
      long errors,
      Cores cores) {}

  /**
   * How one throughput compares with another.
   *
   * @param clients 0: each side at the number of clients that suits it best
   * @param byRound the ratio of the two windows of each round
   */
  public record Ratio(String name, int clients, double ratio, List<Double> byRound, double target) {
    @JsonProperty
    public boolean reached() {
      return ratio >= target;
    }
  }

  /** What a request costs for customers that have aged. */
  public record Age(List<AgeRow> rows, List<Limit> limits, KeyBytes keyBytes) {}

  /** Customers of which one dimension has that size; the others are as small as can be. */
  public record AgeRow(
      AgedCustomers.Dimension dimension, int size, Timing usage, Timing check, Recovery recovery) {}

  /** Requests one after the other, by one client. */
  public record Timing(double p50Millis, double meanMillis, long requests) {}

  /**
   * The first request for a customer that has left memory.
   *
   * @param medianMillis with a snapshot, if the node has taken one
   * @param journalAloneMillis without a snapshot: every event was read again
   * @param snapshotBytes 0 = none was taken
   */
  public record Recovery(
      double medianMillis,
      double maxMillis,
      int times,
      double journalAloneMillis,
      long snapshotBytes) {}

  /**
   * What a remembered idempotency key takes.
   *
   * @param keys of how many in one window it was measured
   * @param inMemory on the heap, in bytes
   * @param inSnapshot in the row of the snapshot, in bytes
   */
  public record KeyBytes(int keys, double inMemory, double inSnapshot) {}

  /** A figure that may have at most that size. */
  public record Limit(String name, double value, double atMost) {
    @JsonProperty
    public boolean reached() {
      return value <= atMost;
    }
  }

  /**
   * Whether what was acknowledged is what is there.
   *
   * @param checks each a sentence about what was compared and found
   * @param faults what did not agree
   */
  public record Verification(List<String> checks, List<String> faults) {}

  /** Whether the machine was left alone; if not, all throughputs are too low and unsteady. */
  public boolean isQuiet() {
    return otherCores < 0.15;
  }

  /**
   * Whether the figures may be believed: no wrong answer, and all that was acknowledged is there.
   */
  public boolean isSound() {
    return errors == 0 && verification.faults().isEmpty();
  }
}
