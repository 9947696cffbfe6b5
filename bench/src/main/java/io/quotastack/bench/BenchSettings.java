package io.quotastack.bench;

import io.quotastack.bench.past.AgedCustomers;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * How long and how much is measured.
 *
 * @param groups what is measured at all
 * @param customers the crowd that a load is spread over; one more customer is the hot one
 * @param rounds how often each window is repeated; the figures are medians over the rounds
 * @param roundsLimitSeconds on a machine so slow that a further round would end later than this
 *     after the group's first began, there is none: a run's length has a bound
 * @param warmUpOperations how often each route is called before it is measured: it is by calls that
 *     a JVM decides what to compile
 * @param warmUpLimitMillis for how long at most it is called for that
 * @param calibrationMillis for how long each way to write the baseline is tried
 * @param openLoopShare the rate of the open loop as a share of the closed loop's throughput
 */
public record BenchSettings(
    Set<Group> groups,
    boolean quick,
    int customers,
    List<Integer> clientCounts,
    int rounds,
    int roundsLimitSeconds,
    long rampMillis,
    long windowMillis,
    long openWindowMillis,
    long warmUpOperations,
    long warmUpLimitMillis,
    long calibrationMillis,
    double openLoopShare,
    AgeSettings age) {
  public static final long GRANTED_MC = 9_000_000_000_000L;
  public static final long COST_MC = 1_000;

  /**
   * What is measured of aged customers.
   *
   * @param pastEvents one row for each number of events
   * @param liveBlocks one row for each number of blocks
   * @param rememberedKeys one row for each number of idempotency keys
   * @param twins a row of a small number is measured on so many customers, because each measured
   *     usage adds an event and a key
   * @param rounds how often the rows take turns
   * @param samples of each row and request, in each round
   * @param recoveries how often each row's customer leaves memory and is brought back
   * @param warmUpCustomers others, by whose requests the node is warmed up
   */
  public record AgeSettings(
      List<Integer> pastEvents,
      List<Integer> liveBlocks,
      List<Integer> rememberedKeys,
      int twins,
      int rounds,
      int samples,
      int recoveries,
      int warmUpCustomers) {
    /** The sizes of the rows of a dimension, ascending. */
    List<Integer> sizes(AgedCustomers.Dimension dimension) {
      return switch (dimension) {
        case EVENTS -> pastEvents;
        case BLOCKS -> liveBlocks;
        case KEYS -> rememberedKeys;
      };
    }
  }

  /** The measured run. */
  static BenchSettings fullRun() {
    return new BenchSettings(
        EnumSet.allOf(Group.class),
        false,
        10_000,
        List.of(16, 64),
        3,
        170,
        300,
        2_200,
        4_000,
        60_000,
        12_000,
        1_000,
        0.6,
        new AgeSettings(
            List.of(10, 10_000, 1_000_000),
            List.of(1, 100, 10_000),
            List.of(1, 10_000, 1_000_000),
            100,
            5,
            100,
            5,
            1_000));
  }

  /** A smoke run; its figures are no measurement. */
  static BenchSettings quickRun() {
    return new BenchSettings(
        EnumSet.allOf(Group.class),
        true,
        1_000,
        List.of(16, 64),
        1,
        40,
        200,
        700,
        800,
        5_000,
        2_000,
        300,
        0.6,
        new AgeSettings(
            List.of(10, 1_000, 20_000),
            List.of(1, 10, 1_000),
            List.of(1, 1_000, 20_000),
            20,
            2,
            50,
            2,
            200));
  }

  /** The same, of these groups alone. */
  BenchSettings only(Set<Group> some) {
    return with(some, age);
  }

  /** The same with other aged customers. */
  BenchSettings with(AgeSettings other) {
    return with(groups, other);
  }

  private BenchSettings with(Set<Group> newGroups, AgeSettings newAge) {
    return new BenchSettings(
        newGroups,
        quick,
        customers,
        clientCounts,
        rounds,
        roundsLimitSeconds,
        rampMillis,
        windowMillis,
        openWindowMillis,
        warmUpOperations,
        warmUpLimitMillis,
        calibrationMillis,
        openLoopShare,
        newAge);
  }

  /** The most clients of the closed loops. */
  int mostClients() {
    return clientCounts.getLast();
  }

  /** The number of the hot customer: the one after the crowd. */
  int hotCustomer() {
    return customers;
  }

  int allCustomers() {
    return customers + 1;
  }

  /** The hot customer and so many others, the same in each run. */
  List<Integer> hotAndSome(int others) {
    return IntStream.concat(
            IntStream.of(hotCustomer()),
            new Random(others).ints(0, customers).distinct().limit(others))
        .boxed()
        .toList();
  }
}
