package io.quotastack.bench;

import io.quotastack.bench.Scenario.Spread;
import io.quotastack.bench.load.LoadOrder;
import io.quotastack.bench.load.LoadOrder.Work;
import io.quotastack.bench.machine.CpuTimes;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/** Windows of load on the processes of a run: warming up, measuring in turns, asking everybody. */
final class Windows {
  private static final int WARM_UP_WINDOWS = 12;
  private static final int PASS_CLIENTS = 16;
  private static final long PASS_LIMIT_MILLIS = 60_000;

  /** Who makes the load of a scenario, and what load that is. */
  record Load(LoadGenerator generator, Work work) {}

  /** Tells the load of each scenario of a group. */
  interface LoadOf {
    Load of(Scenario scenario);
  }

  /** What is done before each round. */
  interface Preparation {
    void run() throws IOException, InterruptedException;
  }

  private final BenchSettings settings;
  private final Progress progress;
  private final Results results;
  private final Map<Part, Long> pids = new EnumMap<>(Part.class);
  private final SplittableRandom seeds = new SplittableRandom(20_251_123);

  Windows(BenchSettings settings, Progress progress, Results results) {
    this.settings = settings;
    this.progress = progress;
    this.results = results;
  }

  /** Has the CPU time of this process told apart from now on. */
  void tellApart(Part part, long pid) {
    if (CpuTimes.areKnown()) {
      pids.put(part, pid);
    }
  }

  /** The CPU times of all parts so far. */
  CpuTimes cpuTimes() {
    return CpuTimes.read(
        pids.entrySet().stream()
            .collect(Collectors.toMap(entry -> entry.getKey().name(), Map.Entry::getValue)));
  }

  /** Calls a route until it was called often enough for a JVM to compile it. */
  void warmUp(LoadGenerator generator, Work work, Spread spread, long operationsWanted)
      throws IOException, InterruptedException {
    long windowMillis = settings.warmUpLimitMillis() / WARM_UP_WINDOWS;
    long operations = 0;
    for (int i = 0; i < WARM_UP_WINDOWS && operations < operationsWanted; i++) {
      operations +=
          sound(run(generator, work, spread, settings.mostClients(), 0, 0, windowMillis))
              .operations();
    }
  }

  /** Windows that are not reported must be right too. */
  static LoadGenerator.Window sound(LoadGenerator.Window window) {
    if (window.errors() > 0) {
      throw new IllegalStateException(
          window.errors() + " wrong answers, such as " + window.errorSamples());
    }
    return window;
  }

  LoadGenerator.Window run(
      LoadGenerator generator,
      Work work,
      Spread spread,
      int clients,
      double ratePerSecond,
      long rampMillis,
      long windowMillis)
      throws IOException, InterruptedException {
    boolean hot = spread == Spread.HOT;
    return generator.run(
        new LoadOrder.Run(
            work,
            clients,
            hot ? settings.hotCustomer() : 0,
            hot ? 1 : settings.customers(),
            ratePerSecond,
            rampMillis,
            windowMillis,
            seeds.nextLong()),
        this::cpuTimes);
  }

  /** Asks once for each of the customers 0 to {@code customers - 1}. */
  LoadGenerator.Window pass(LoadGenerator generator, Work work, int customers)
      throws IOException, InterruptedException {
    return generator.pass(new LoadOrder.Pass(work, PASS_CLIENTS, 0, customers, PASS_LIMIT_MILLIS));
  }

  /**
   * Measures the closed loops of these scenarios in turns, every other round in reverse, as many
   * rounds as there is time for.
   */
  void measureRounds(List<Scenario> scenarios, LoadOf loads, Preparation preparation)
      throws IOException, InterruptedException {
    double startSeconds = progress.seconds();
    double longestRoundSeconds = 0;
    for (int round = 1; round <= settings.rounds(); round++) {
      double roundStartSeconds = progress.seconds();
      double endSeconds = roundStartSeconds - startSeconds + longestRoundSeconds;
      if (round > 1 && endSeconds > settings.roundsLimitSeconds()) {
        progress.say("a slow machine: no time for round %d".formatted(round));
        return;
      }
      progress.say("round %d of %d".formatted(round, settings.rounds()));
      preparation.run();
      for (Scenario scenario : round % 2 == 1 ? scenarios : scenarios.reversed()) {
        Load load = loads.of(scenario);
        LoadGenerator.Window window =
            run(
                load.generator(),
                load.work(),
                scenario.spread(),
                scenario.clients(),
                0,
                settings.rampMillis(),
                settings.windowMillis());
        results.addClosed(scenario, window);
        tell(scenario, window);
      }
      longestRoundSeconds = Math.max(longestRoundSeconds, progress.seconds() - roundStartSeconds);
    }
  }

  /** Measures the open loop of a scenario whose closed loop was measured. */
  void measureOpen(Scenario scenario, Load load) throws IOException, InterruptedException {
    double ratePerSecond = results.perSecond(scenario) * settings.openLoopShare();
    LoadGenerator.Window window =
        run(
            load.generator(),
            load.work(),
            scenario.spread(),
            scenario.clients(),
            ratePerSecond,
            settings.rampMillis(),
            settings.openWindowMillis());
    results.addOpen(scenario, ratePerSecond, window);
    tell(scenario, window);
  }

  private void tell(Scenario scenario, LoadGenerator.Window window) {
    progress.say(
        "  %-38s %-5s %3d clients %,9.0f/s  p50 %6.2f ms  p99 %7.2f ms%s"
            .formatted(
                scenario.subject().title(),
                scenario.spread() == Spread.HOT ? "hot" : "",
                scenario.clients(),
                window.perSecond(),
                window.latencies().percentileMillis(50),
                window.latencies().percentileMillis(99),
                window.errors() == 0
                    ? ""
                    : "  ERRORS " + window.errors() + " " + window.errorSamples()));
  }
}
