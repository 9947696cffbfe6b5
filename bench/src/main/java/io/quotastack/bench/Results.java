package io.quotastack.bench;

import io.quotastack.bench.load.Latencies;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.function.ToDoubleFunction;

/** The windows measured so far, and the figures that follow from them. */
final class Results {
  /** What issue and documentation promise: usage and entitlement against what they are held to. */
  private static final double USAGE_TARGET = 1.0;

  private static final double HOT_USAGE_TARGET = 5.0;
  private static final double ENTITLEMENT_TARGET = 0.5;

  private final Map<Scenario, List<LoadGenerator.Window>> closed = new LinkedHashMap<>();
  private final Map<Scenario, OpenWindow> open = new LinkedHashMap<>();

  private record OpenWindow(double ratePerSecond, LoadGenerator.Window window) {}

  void addClosed(Scenario scenario, LoadGenerator.Window window) {
    closed.computeIfAbsent(scenario, key -> new ArrayList<>()).add(window);
  }

  void addOpen(Scenario scenario, double ratePerSecond, LoadGenerator.Window window) {
    open.put(scenario, new OpenWindow(ratePerSecond, window));
  }

  /** The median throughput of a scenario that was measured. */
  double perSecond(Scenario scenario) {
    return median(byRound(scenario));
  }

  private List<Double> byRound(Scenario scenario) {
    return windows(scenario).stream().map(LoadGenerator.Window::perSecond).toList();
  }

  private List<LoadGenerator.Window> windows(Scenario scenario) {
    List<LoadGenerator.Window> windows = closed.get(scenario);
    if (windows == null) {
      throw new IllegalArgumentException("not measured: " + scenario);
    }
    return windows;
  }

  List<Report.Closed> closedLoop() {
    return closed.entrySet().stream()
        .map(entry -> {
          List<LoadGenerator.Window> windows = entry.getValue();
          Report.Cores cores = cores(entry.getKey(), windows);
          Latencies latencies = new Latencies();
          windows.forEach(window -> latencies.add(window.latencies()));
          return new Report.Closed(
              entry.getKey(),
              perSecond(entry.getKey()),
              byRound(entry.getKey()),
              percentiles(latencies),
              windows.stream().mapToLong(LoadGenerator.Window::errors).sum(),
              cores,
              (cores.loadGenerator() + cores.server() + cores.postgresql())
                  * 1e6
                  / mean(windows, LoadGenerator.Window::perSecond));
        })
        .toList();
  }

  List<Report.Open> openLoop() {
    return open.entrySet().stream()
        .map((Entry<Scenario, OpenWindow> entry) -> {
          LoadGenerator.Window window = entry.getValue().window();
          return new Report.Open(
              entry.getKey(),
              entry.getValue().ratePerSecond(),
              window.operations(),
              window.late(),
              percentiles(window.latencies()),
              window.errors(),
              cores(entry.getKey(), List.of(window)));
        })
        .toList();
  }

  /** Every ratio that has a target, at each number of clients and at the best of each side. */
  List<Report.Ratio> ratios(List<Integer> clientCounts) {
    List<Report.Ratio> ratios = new ArrayList<>();
    addRatios(
        ratios,
        clientCounts,
        "usage / row-lock debit, many customers",
        new Contest(
            Scenario.Subject.USAGE,
            Scenario.Subject.ROW_LOCK,
            Scenario.Spread.CROWD,
            USAGE_TARGET));
    addRatios(
        ratios,
        clientCounts,
        "usage / row-lock debit, one hot customer",
        new Contest(
            Scenario.Subject.USAGE,
            Scenario.Subject.ROW_LOCK,
            Scenario.Spread.HOT,
            HOT_USAGE_TARGET));
    addRatios(
        ratios,
        clientCounts,
        "usage / fastest debit, many customers",
        new Contest(
            Scenario.Subject.USAGE, Scenario.Subject.FASTEST, Scenario.Spread.CROWD, USAGE_TARGET));
    addRatios(
        ratios,
        clientCounts,
        "usage / fastest debit, one hot customer",
        new Contest(
            Scenario.Subject.USAGE,
            Scenario.Subject.FASTEST,
            Scenario.Spread.HOT,
            HOT_USAGE_TARGET));
    addRatios(
        ratios,
        clientCounts,
        "entitlement / bare route, many customers",
        new Contest(
            Scenario.Subject.ENTITLEMENT,
            Scenario.Subject.BARE,
            Scenario.Spread.CROWD,
            ENTITLEMENT_TARGET));
    return ratios;
  }

  private record Contest(
      Scenario.Subject ours, Scenario.Subject theirs, Scenario.Spread spread, double target) {}

  private void addRatios(
      List<Report.Ratio> ratios, List<Integer> clientCounts, String name, Contest contest) {
    for (int clients : clientCounts) {
      Scenario ours = new Scenario(contest.ours(), contest.spread(), clients);
      Scenario theirs = new Scenario(contest.theirs(), contest.spread(), clients);
      ratios.add(
          new Report.Ratio(
              name,
              clients,
              perSecond(ours) / perSecond(theirs),
              quotients(byRound(ours), byRound(theirs)),
              contest.target()));
    }
    ratios.add(
        new Report.Ratio(
            name,
            0,
            best(contest.ours(), contest.spread(), clientCounts)
                / best(contest.theirs(), contest.spread(), clientCounts),
            List.of(),
            contest.target()));
  }

  private double best(
      Scenario.Subject subject, Scenario.Spread spread, List<Integer> clientCounts) {
    return clientCounts.stream()
        .mapToDouble(clients -> perSecond(new Scenario(subject, spread, clients)))
        .max()
        .orElseThrow();
  }

  private static List<Double> quotients(List<Double> ours, List<Double> theirs) {
    List<Double> quotients = new ArrayList<>();
    for (int round = 0; round < Math.min(ours.size(), theirs.size()); round++) {
      quotients.add(ours.get(round) / theirs.get(round));
    }
    return quotients;
  }

  /** What the rest of the machine used during the windows, on average. */
  double otherCores() {
    return mean(allWindows(), window -> window.cores().getOrDefault("other", 0.0));
  }

  long errors() {
    return allWindows().stream().mapToLong(LoadGenerator.Window::errors).sum();
  }

  List<String> errorSamples() {
    return allWindows().stream().flatMap(window -> window.errorSamples().stream()).toList();
  }

  private List<LoadGenerator.Window> allWindows() {
    List<LoadGenerator.Window> all = new ArrayList<>();
    closed.values().forEach(all::addAll);
    open.values().forEach(window -> all.add(window.window()));
    return all;
  }

  private static Report.Percentiles percentiles(Latencies latencies) {
    return new Report.Percentiles(
        latencies.percentileMillis(50),
        latencies.percentileMillis(99),
        latencies.percentileMillis(99.9),
        latencies.maxMillis());
  }

  private static Report.Cores cores(Scenario scenario, List<LoadGenerator.Window> windows) {
    Part load = scenario.subject().isBaseline() ? Part.SQL_LOAD : Part.HTTP_LOAD;
    Part server = scenario.subject() == Scenario.Subject.BARE ? Part.BARE : Part.NODE;
    double loadGenerator = mean(windows, window -> cores(window, load));
    double serverCores =
        scenario.subject().isBaseline() ? 0 : mean(windows, window -> cores(window, server));
    double postgresql = mean(windows, window -> cores(window, Part.POSTGRESQL));
    double all =
        mean(windows, window -> window.cores().values().stream().mapToDouble(v -> v).sum());
    return new Report.Cores(
        loadGenerator, serverCores, postgresql, all - loadGenerator - serverCores - postgresql);
  }

  private static double cores(LoadGenerator.Window window, Part part) {
    return window.cores().getOrDefault(part.name(), 0.0);
  }

  private static double mean(
      List<LoadGenerator.Window> windows, ToDoubleFunction<LoadGenerator.Window> figure) {
    return windows.stream().mapToDouble(figure).average().orElse(0);
  }

  /** The middle of these figures, or the mean of the two in the middle. */
  static double median(List<Double> figures) {
    List<Double> sorted = figures.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
