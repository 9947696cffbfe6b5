package io.quotastack.bench;

import io.quotastack.bench.Scenario.Spread;
import io.quotastack.bench.Scenario.Subject;
import io.quotastack.bench.load.Latencies;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** The windows measured so far, and the figures that follow from them. */
final class Results {
  /**
   * What is compared with what.
   *
   * @param targets what issue and documentation promise: the least that the throughput of ours may
   *     be as a multiple of theirs
   */
  private record Contest(String name, Subject ours, Subject theirs, Map<Spread, Double> targets) {}

  private static final Map<Spread, Double> AS_FAST_AND_5_TIMES_HOT =
      Map.of(Spread.CROWD, 1.0, Spread.HOT, 5.0);

  private static final List<Contest> CONTESTS =
      List.of(
          new Contest(
              "usage / row-lock debit", Subject.USAGE, Subject.ROW_LOCK, AS_FAST_AND_5_TIMES_HOT),
          new Contest(
              "usage / fastest debit", Subject.USAGE, Subject.FASTEST, AS_FAST_AND_5_TIMES_HOT),
          new Contest(
              "entitlement / bare route",
              Subject.ENTITLEMENT,
              Subject.BARE,
              Map.of(Spread.CROWD, 0.5)),
          new Contest(
              "reserve and commit / row-lock reserve and capture",
              Subject.HOLD,
              Subject.ROW_LOCK_HOLD,
              AS_FAST_AND_5_TIMES_HOT));

  private final Map<Scenario, List<LoadGenerator.Window>> closed = new LinkedHashMap<>();
  private final Map<Scenario, OpenWindow> open = new LinkedHashMap<>();
  private final List<Double> otherCoresBesideWindows = new ArrayList<>();

  private record OpenWindow(double ratePerSecond, LoadGenerator.Window window) {}

  void addClosed(Scenario scenario, LoadGenerator.Window window) {
    closed.computeIfAbsent(scenario, key -> new ArrayList<>()).add(window);
  }

  void addOpen(Scenario scenario, double ratePerSecond, LoadGenerator.Window window) {
    open.put(scenario, new OpenWindow(ratePerSecond, window));
  }

  /** What the rest of the machine used while something was measured that is no window. */
  void addOtherCores(double cores) {
    otherCoresBesideWindows.add(cores);
  }

  /** How often every closed loop was measured. */
  int rounds() {
    return closed.values().stream().mapToInt(List::size).min().orElse(0);
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

  /** The ratios of these groups, each at each number of clients and at the best of each side. */
  List<Report.Ratio> ratios(Set<Group> groups, List<Integer> clientCounts) {
    List<Report.Ratio> ratios = new ArrayList<>();
    for (Contest contest : CONTESTS) {
      for (Spread spread : Spread.values()) {
        Double target = contest.targets().get(spread);
        if (target != null && groups.contains(contest.ours().group())) {
          clientCounts.forEach(clients -> ratios.add(ratio(contest, spread, clients, target)));
          ratios.add(ratioOfBest(contest, spread, clientCounts, target));
        }
      }
    }
    return ratios;
  }

  private Report.Ratio ratio(Contest contest, Spread spread, int clients, double target) {
    Scenario ours = new Scenario(contest.ours(), spread, clients);
    Scenario theirs = new Scenario(contest.theirs(), spread, clients);
    return new Report.Ratio(
        name(contest, spread),
        clients,
        perSecond(ours) / perSecond(theirs),
        quotients(byRound(ours), byRound(theirs)),
        target);
  }

  private Report.Ratio ratioOfBest(
      Contest contest, Spread spread, List<Integer> clientCounts, double target) {
    return new Report.Ratio(
        name(contest, spread),
        0,
        best(contest.ours(), spread, clientCounts) / best(contest.theirs(), spread, clientCounts),
        List.of(),
        target);
  }

  private static String name(Contest contest, Spread spread) {
    return contest.name()
        + switch (spread) {
          case CROWD -> ", many customers";
          case HOT -> ", one hot customer";
        };
  }

  private double best(Subject subject, Spread spread, List<Integer> clientCounts) {
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

  /** What the rest of the machine used while something was measured, on average. */
  double otherCores() {
    return Stream.concat(
            allWindows().stream().map(window -> window.cores().getOrDefault("other", 0.0)),
            otherCoresBesideWindows.stream())
        .mapToDouble(cores -> cores)
        .average()
        .orElse(0);
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
    Part server = scenario.subject() == Subject.BARE ? Part.BARE : Part.NODE;
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
