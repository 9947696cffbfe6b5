package io.quotastack.bench;

import io.quotastack.bench.Scenario.Spread;
import io.quotastack.bench.Scenario.Subject;
import io.quotastack.bench.baseline.BaselineAudit;
import io.quotastack.bench.baseline.BaselineSchema;
import io.quotastack.bench.load.LoadOrder;
import io.quotastack.bench.load.LoadOrder.Work;
import io.quotastack.bench.machine.CpuTimes;
import io.quotastack.bench.machine.MachineFacts;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * One run from start to end: starts everything on this machine, warms it up, measures in turns,
 * compares what was acknowledged with what is there.
 */
final class Bench {
  /** The node's and the bare server's: those of {@code quotastack serve}, on a smaller heap. */
  static final List<String> SERVER_JVM_OPTIONS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-XX:+UseParallelGC",
          "-Xms2g",
          "-Xmx2g");

  private static final List<Work> BASELINE_WAYS =
      List.of(Work.DEBIT_STATEMENTS, Work.DEBIT_FUNCTION, Work.DEBIT_SINGLE_STATEMENT);
  private static final int WARM_UP_WINDOWS = 12;
  private static final int PASS_CLIENTS = 16;
  private static final long PASS_LIMIT_MILLIS = 60_000;
  private static final String STORED_USAGE =
      "SELECT count(*) FROM event_journal WHERE event_ser_manifest LIKE 'usage_recorded.%'";
  private static final int LEDGERS_VERIFIED = 20;

  private final BenchSettings settings;
  private final Path output;
  private final Clock clock;
  private final PrintStream progress;
  private final long startNanos = System.nanoTime();
  private final Results results = new Results();
  private final Map<Spread, Map<Integer, Work>> fastestBaseline = new EnumMap<>(Spread.class);
  private final List<Report.Variant> variants = new ArrayList<>();
  private final List<String> checks = new ArrayList<>();
  private final List<String> faults = new ArrayList<>();
  private int roundsMeasured;
  private final SplittableRandom seeds = new SplittableRandom(20_251_123);

  Bench(BenchSettings settings, Path output, Clock clock, PrintStream progress) {
    this.settings = settings;
    this.output = output;
    this.clock = clock;
    this.progress = progress;
  }

  Report run() throws IOException, SQLException, InterruptedException {
    Instant startedAt = clock.instant();
    Path logs = output.resolve("logs");
    say("starting PostgreSQL, a node, the bare route and the load generators");
    try (BenchDatabase database = new BenchDatabase();
        NodeUnderTest node = new NodeUnderTest(logs, SERVER_JVM_OPTIONS, database);
        BareRoute bare = new BareRoute(logs, SERVER_JVM_OPTIONS);
        NodeClient client = new NodeClient(node.port(), node.apiKey());
        LoadGenerator sqlLoad = new LoadGenerator("sql-load", logs);
        LoadGenerator httpLoad = new LoadGenerator("http-load", logs)) {
      Report.Storage storage = database.measureStorage();
      Session session = new Session(database, node, client, bare, sqlLoad, httpLoad);
      session.prepare();
      session.warmUp();
      session.chooseBaseline();
      session.measureThroughput();
      session.measureLatency();
      session.verify();
      return new Report(
          startedAt.toString(),
          (System.nanoTime() - startNanos) / 1e9,
          settings.quick(),
          settings.customers(),
          roundsMeasured,
          settings.windowMillis() / 1e3,
          settings.openLoopShare(),
          MachineFacts.read(),
          storage,
          database.facts(),
          SERVER_JVM_OPTIONS,
          variants,
          results.otherCores(),
          results.closedLoop(),
          results.openLoop(),
          results.ratios(settings.clientCounts()),
          new Report.Verification(checks, faults),
          results.errors(),
          results.errorSamples());
    }
  }

  private void say(String text) {
    progress.println("%4d s  %s".formatted((System.nanoTime() - startNanos) / 1_000_000_000, text));
  }

  /** What is done while everything runs. */
  private final class Session {
    private final BenchDatabase database;
    private final NodeUnderTest node;
    private final NodeClient client;
    private final LoadGenerator sqlLoad;
    private final LoadGenerator httpLoad;
    private final int barePort;
    private final Map<String, Long> parts = new LinkedHashMap<>();

    Session(
        BenchDatabase database,
        NodeUnderTest node,
        NodeClient client,
        BareRoute bare,
        LoadGenerator sqlLoad,
        LoadGenerator httpLoad) {
      this.database = database;
      this.node = node;
      this.client = client;
      this.sqlLoad = sqlLoad;
      this.httpLoad = httpLoad;
      this.barePort = bare.port();
      if (CpuTimes.areKnown()) {
        parts.put(Part.SQL_LOAD.name(), sqlLoad.pid());
        parts.put(Part.HTTP_LOAD.name(), httpLoad.pid());
        parts.put(Part.BARE.name(), bare.pid());
        parts.put(Part.NODE.name(), node.pid());
        parts.put(Part.POSTGRESQL.name(), database.pid());
      }
    }

    void prepare() throws IOException, SQLException, InterruptedException {
      say("making %,d customers on each side".formatted(settings.allCustomers()));
      try (Connection connection = database.connectToBaseline()) {
        BaselineSchema.create(connection, settings.allCustomers(), BenchSettings.GRANTED_MC);
      }
      sqlLoad.connect(
          new LoadOrder.ConnectSql(
              database.baselineUrl(),
              settings.allCustomers(),
              BenchSettings.GRANTED_MC,
              BenchSettings.COST_MC));
      client.priceTheMetric(BenchSettings.COST_MC);
      httpLoad.connect(
          new LoadOrder.ConnectHttp(
              node.port(),
              barePort,
              node.apiKey(),
              settings.allCustomers(),
              BenchSettings.GRANTED_MC,
              BenchSettings.COST_MC));
      sound(pass(Work.GRANT));
    }

    private LoadGenerator.Window pass(Work work) throws IOException, InterruptedException {
      return httpLoad.pass(
          new LoadOrder.Pass(work, PASS_CLIENTS, 0, settings.allCustomers(), PASS_LIMIT_MILLIS));
    }

    void warmUp() throws IOException, InterruptedException {
      say("warming up");
      for (Scenario scenario : Scenario.of(settings.openLoopClients())) {
        if (!scenario.subject().isBaseline()) {
          warmUp(httpLoad, work(scenario), scenario.spread(), settings.warmUpOperations());
        }
      }
      for (Work way : BASELINE_WAYS) {
        // Little of the baseline's work is done in a JVM.
        warmUp(sqlLoad, way, Spread.CROWD, settings.warmUpOperations() / 4);
      }
    }

    private void warmUp(LoadGenerator generator, Work work, Spread spread, long operationsWanted)
        throws IOException, InterruptedException {
      long windowMillis = settings.warmUpLimitMillis() / WARM_UP_WINDOWS;
      long operations = 0;
      for (int i = 0; i < WARM_UP_WINDOWS && operations < operationsWanted; i++) {
        operations +=
            sound(run(generator, work, spread, settings.openLoopClients(), 0, 0, windowMillis))
                .operations();
      }
    }

    /** Windows that are not reported must be right too. */
    private LoadGenerator.Window sound(LoadGenerator.Window window) {
      if (window.errors() > 0) {
        throw new IllegalStateException(
            window.errors() + " wrong answers, such as " + window.errorSamples());
      }
      return window;
    }

    /** Tries the ways to write the baseline and takes the fastest for each shape of load. */
    void chooseBaseline() throws IOException, InterruptedException {
      say("choosing the fastest baseline");
      for (Spread spread : Spread.values()) {
        for (int clients : settings.clientCounts()) {
          Map<Work, Double> perSecond = new EnumMap<>(Work.class);
          for (Work way : BASELINE_WAYS) {
            LoadGenerator.Window window =
                sound(
                    run(
                        sqlLoad,
                        way,
                        spread,
                        clients,
                        0,
                        settings.rampMillis(),
                        settings.calibrationMillis()));
            perSecond.put(way, window.perSecond());
          }
          Work fastest =
              perSecond.entrySet().stream()
                  .max(Map.Entry.comparingByValue())
                  .orElseThrow()
                  .getKey();
          fastestBaseline.computeIfAbsent(spread, key -> new HashMap<>()).put(clients, fastest);
          perSecond.forEach((way, figure) ->
              variants.add(
                  new Report.Variant(title(way), spread, clients, figure, way == fastest)));
        }
      }
    }

    private String title(Work way) {
      return switch (way) {
        case DEBIT_STATEMENTS -> "statement by statement, 4 round trips";
        case DEBIT_FUNCTION -> "a PL/pgSQL function, 1 round trip";
        case DEBIT_SINGLE_STATEMENT -> "one UPDATE .. INSERT statement, 1 round trip";
        default -> throw new IllegalArgumentException(way.toString());
      };
    }

    void measureThroughput() throws IOException, InterruptedException {
      List<Scenario> scenarios = Scenario.all(settings.clientCounts());
      long longestRoundNanos = 0;
      for (int round = 1; round <= settings.rounds(); round++) {
        long roundStartNanos = System.nanoTime();
        long endSeconds = (roundStartNanos + longestRoundNanos - startNanos) / 1_000_000_000;
        if (round > 1 && endSeconds > settings.lastRoundEndsSeconds()) {
          say("a slow machine: no time for round %d".formatted(round));
          return;
        }
        say("round %d of %d".formatted(round, settings.rounds()));
        callIntoMemory();
        for (Scenario scenario : round % 2 == 1 ? scenarios : scenarios.reversed()) {
          LoadGenerator.Window window =
              run(
                  generator(scenario),
                  work(scenario),
                  scenario.spread(),
                  scenario.clients(),
                  0,
                  settings.rampMillis(),
                  settings.windowMillis());
          results.addClosed(scenario, window);
          tell(scenario, window);
        }
        roundsMeasured = round;
        longestRoundNanos = Math.max(longestRoundNanos, System.nanoTime() - roundStartNanos);
      }
    }

    /**
     * A customer that nobody called for some minutes has left the node's memory, and on a slow
     * machine that long passes between two windows. Coming back is not what is measured.
     */
    private void callIntoMemory() throws IOException, InterruptedException {
      sound(pass(Work.ENTITLEMENT));
    }

    void measureLatency() throws IOException, InterruptedException {
      say("latency at %.0f%% of the throughput".formatted(settings.openLoopShare() * 100));
      callIntoMemory();
      for (Scenario scenario : Scenario.of(settings.openLoopClients())) {
        if (scenario.subject() == Subject.ROW_LOCK) {
          continue; // Its throughput tells enough; the time goes to the fastest.
        }
        double ratePerSecond = results.perSecond(scenario) * settings.openLoopShare();
        LoadGenerator.Window window =
            run(
                generator(scenario),
                work(scenario),
                scenario.spread(),
                scenario.clients(),
                ratePerSecond,
                settings.rampMillis(),
                settings.openWindowMillis());
        results.addOpen(scenario, ratePerSecond, window);
        tell(scenario, window);
      }
    }

    private void tell(Scenario scenario, LoadGenerator.Window window) {
      say(
          "  %-30s %-5s %3d clients %,9.0f/s  p50 %6.2f ms  p99 %7.2f ms%s"
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

    private LoadGenerator generator(Scenario scenario) {
      return scenario.subject().isBaseline() ? sqlLoad : httpLoad;
    }

    private Work work(Scenario scenario) {
      return switch (scenario.subject()) {
        case ROW_LOCK -> Work.DEBIT_STATEMENTS;
        case FASTEST ->
            fastestBaseline
                .getOrDefault(scenario.spread(), Map.of())
                .getOrDefault(scenario.clients(), Work.DEBIT_FUNCTION);
        case BARE -> Work.BARE;
        case ENTITLEMENT -> Work.ENTITLEMENT;
        case USAGE -> Work.USAGE;
      };
    }

    private LoadGenerator.Window run(
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
          () -> CpuTimes.read(parts));
    }

    void verify() throws IOException, SQLException, InterruptedException {
      say("verifying");
      List<Integer> debits = sqlLoad.acknowledgedCounts();
      try (Connection connection = database.connectToBaseline()) {
        faults.addAll(
            BaselineAudit.faults(
                connection, debits, BenchSettings.GRANTED_MC, BenchSettings.COST_MC));
      }
      checks.add(
          "baseline: %,d debits acknowledged; every customer's balance and ledger rows compared"
              .formatted(debits.stream().mapToLong(count -> count).sum()));
      List<Integer> usages = httpLoad.acknowledgedCounts();
      faults.addAll(pass(Work.AUDIT).errorSamples());
      verifyJournal(usages);
      checks.add(
          ("node: %,d usage events acknowledged; every customer's balance and consumption compared,"
                  + " and the number of events in the journal")
              .formatted(usages.stream().mapToLong(count -> count).sum()));
      verifyLedgers(usages);
    }

    /** Past the node, in its database: one stored event for each acknowledged one. */
    private void verifyJournal(List<Integer> usages) throws SQLException {
      long acknowledged = usages.stream().mapToLong(count -> count).sum();
      try (Connection connection = database.connectToNode();
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(STORED_USAGE)) {
        row.next();
        if (row.getLong(1) != acknowledged) {
          faults.add(
              "the journal holds %d usage events, %d were acknowledged"
                  .formatted(row.getLong(1), acknowledged));
        }
      }
    }

    private void verifyLedgers(List<Integer> usages) throws IOException, InterruptedException {
      List<Integer> customers = new ArrayList<>();
      customers.add(settings.hotCustomer());
      SplittableRandom random = new SplittableRandom(usages.size());
      for (int i = 0; i < LEDGERS_VERIFIED; i++) {
        customers.add(random.nextInt(settings.customers()));
      }
      long entries = 0;
      for (int customer : customers) {
        NodeClient.LedgerVerdict verdict = client.verifyLedger(customer);
        entries += verdict.entries();
        // One entry for the grant and one for each debit.
        if (!verdict.valid() || verdict.entries() != 1 + usages.get(customer)) {
          faults.add(
              "ledger of customer %d: %s, with %d debits acknowledged"
                  .formatted(customer, verdict, usages.get(customer)));
        }
      }
      checks.add(
          "node: hash chains of the hot customer and %d others verified, %,d entries in all"
              .formatted(LEDGERS_VERIFIED, entries));
    }
  }
}
