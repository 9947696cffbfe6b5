package io.quotastack.bench;

import java.util.List;

/**
 * How long and how much is measured.
 *
 * @param customers the crowd that a load is spread over; one more customer is the hot one
 * @param rounds how often each window is repeated; the figures are medians over the rounds
 * @param lastRoundEndsSeconds on a machine so slow that a further round would end later than this
 *     after the start, there is none: a run stays under five minutes
 * @param warmUpOperations how often each route is called before it is measured: it is by calls that
 *     a JVM decides what to compile
 * @param warmUpLimitMillis for how long at most it is called for that
 * @param calibrationMillis for how long each way to write the baseline is tried
 * @param openLoopShare the rate of the open loop as a share of the closed loop's throughput
 */
public record BenchSettings(
    boolean quick,
    int customers,
    List<Integer> clientCounts,
    int rounds,
    int lastRoundEndsSeconds,
    long rampMillis,
    long windowMillis,
    long openWindowMillis,
    long warmUpOperations,
    long warmUpLimitMillis,
    long calibrationMillis,
    double openLoopShare) {
  public static final long GRANTED_MC = 9_000_000_000_000L;
  public static final long COST_MC = 1_000;

  /** The measured run: under five minutes. */
  static BenchSettings fullRun() {
    return new BenchSettings(
        false, 10_000, List.of(16, 64), 3, 230, 300, 2_200, 4_000, 60_000, 12_000, 1_000, 0.6);
  }

  /** A smoke run of about 40 seconds; its figures are no measurement. */
  static BenchSettings quickRun() {
    return new BenchSettings(
        true, 1_000, List.of(16, 64), 1, 60, 200, 700, 800, 5_000, 2_000, 300, 0.6);
  }

  /** The clients of the open loop: the most of the closed loops. */
  int openLoopClients() {
    return clientCounts.getLast();
  }

  /** The number of the hot customer: the one after the crowd. */
  int hotCustomer() {
    return customers;
  }

  int allCustomers() {
    return customers + 1;
  }
}
