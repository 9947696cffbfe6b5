package io.quotastack.bench;

import io.quotastack.bench.Scenario.Spread;
import io.quotastack.bench.Scenario.Subject;
import io.quotastack.bench.baseline.BaselineAudit;
import io.quotastack.bench.baseline.BaselineSchema;
import io.quotastack.bench.load.LoadOrder;
import io.quotastack.bench.load.LoadOrder.Work;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Usage and entitlement checks beside the debits of the baseline and a bare route. */
final class UsageGroup {
  private static final String CUSTOMER_PREFIX = "bench-";
  private static final List<Work> BASELINE_WAYS =
      List.of(Work.DEBIT_STATEMENTS, Work.DEBIT_FUNCTION, Work.DEBIT_SINGLE_STATEMENT);
  private static final String STORED_USAGE =
      "SELECT count(*) FROM event_journal WHERE event_ser_manifest LIKE 'usage_recorded.%'";
  private static final int LEDGERS_VERIFIED = 20;

  private final BenchSettings settings;
  private final Servers servers;
  private final int barePort;
  private final Windows windows;
  private final Progress progress;
  private final Findings findings;
  private final Map<Spread, Map<Integer, Work>> fastestBaseline = new EnumMap<>(Spread.class);

  UsageGroup(
      BenchSettings settings,
      Servers servers,
      int barePort,
      Windows windows,
      Progress progress,
      Findings findings) {
    this.settings = settings;
    this.servers = servers;
    this.barePort = barePort;
    this.windows = windows;
    this.progress = progress;
    this.findings = findings;
  }

  void measure() throws IOException, SQLException, InterruptedException {
    prepare();
    warmUp();
    chooseBaseline();
    windows.measureRounds(
        Scenario.all(Group.USAGE, settings.clientCounts()), this::load, this::callIntoMemory);
    measureLatency();
    verify();
  }

  private void prepare() throws IOException, SQLException, InterruptedException {
    progress.say("making %,d customers on each side".formatted(settings.allCustomers()));
    try (Connection connection = servers.database().connectToBaseline()) {
      BaselineSchema.create(connection, settings.allCustomers(), BenchSettings.GRANTED_MC);
    }
    servers
        .sqlLoad()
        .connect(
            new LoadOrder.ConnectSql(
                servers.database().baselineUrl(),
                settings.allCustomers(),
                BenchSettings.GRANTED_MC,
                BenchSettings.COST_MC));
    servers.client().priceTheMetric(BenchSettings.COST_MC);
    servers
        .httpLoad()
        .connect(
            new LoadOrder.ConnectHttp(
                servers.node().port(),
                barePort,
                servers.node().apiKey(),
                CUSTOMER_PREFIX,
                settings.allCustomers(),
                BenchSettings.GRANTED_MC,
                BenchSettings.COST_MC,
                List.of()));
    Windows.sound(pass(Work.GRANT));
  }

  private LoadGenerator.Window pass(Work work) throws IOException, InterruptedException {
    return windows.pass(servers.httpLoad(), work, settings.allCustomers());
  }

  private void warmUp() throws IOException, InterruptedException {
    progress.say("warming up");
    for (Scenario scenario : Scenario.of(Group.USAGE, settings.mostClients())) {
      if (!scenario.subject().isBaseline()) {
        windows.warmUp(
            servers.httpLoad(), work(scenario), scenario.spread(), settings.warmUpOperations());
      }
    }
    for (Work way : BASELINE_WAYS) {
      // Little of the baseline's work is done in a JVM.
      windows.warmUp(servers.sqlLoad(), way, Spread.CROWD, settings.warmUpOperations() / 4);
    }
  }

  /** Tries the ways to write the baseline and takes the fastest for each shape of load. */
  private void chooseBaseline() throws IOException, InterruptedException {
    progress.say("choosing the fastest baseline");
    for (Spread spread : Spread.values()) {
      for (int clients : settings.clientCounts()) {
        Map<Work, Double> perSecond = new EnumMap<>(Work.class);
        for (Work way : BASELINE_WAYS) {
          LoadGenerator.Window window =
              Windows.sound(
                  windows.run(
                      servers.sqlLoad(),
                      way,
                      spread,
                      clients,
                      0,
                      settings.rampMillis(),
                      settings.calibrationMillis()));
          perSecond.put(way, window.perSecond());
        }
        Work fastest =
            perSecond.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
        fastestBaseline.computeIfAbsent(spread, key -> new HashMap<>()).put(clients, fastest);
        perSecond.forEach((way, figure) ->
            findings.addVariant(
                new Report.Variant(title(way), spread, clients, figure, way == fastest)));
      }
    }
  }

  private static String title(Work way) {
    return switch (way) {
      case DEBIT_STATEMENTS -> "statement by statement, 4 round trips";
      case DEBIT_FUNCTION -> "a PL/pgSQL function, 1 round trip";
      case DEBIT_SINGLE_STATEMENT -> "one UPDATE .. INSERT statement, 1 round trip";
      default -> throw new IllegalArgumentException(way.toString());
    };
  }

  /**
   * A customer that nobody called for some minutes has left the node's memory, and on a slow
   * machine that long passes between two windows. Coming back is not what is measured.
   */
  private void callIntoMemory() throws IOException, InterruptedException {
    Windows.sound(pass(Work.ENTITLEMENT));
  }

  private void measureLatency() throws IOException, InterruptedException {
    progress.say("latency at %.0f%% of the throughput".formatted(settings.openLoopShare() * 100));
    callIntoMemory();
    for (Scenario scenario : Scenario.of(Group.USAGE, settings.mostClients())) {
      // The row-lock debit's throughput tells enough; the time goes to the fastest.
      if (scenario.subject() != Subject.ROW_LOCK) {
        windows.measureOpen(scenario, load(scenario));
      }
    }
  }

  private Windows.Load load(Scenario scenario) {
    return new Windows.Load(
        scenario.subject().isBaseline() ? servers.sqlLoad() : servers.httpLoad(), work(scenario));
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
      case ROW_LOCK_HOLD, HOLD -> throw new IllegalArgumentException(scenario.toString());
    };
  }

  private void verify() throws IOException, SQLException, InterruptedException {
    progress.say("verifying");
    List<Integer> debits = servers.sqlLoad().acknowledgedCounts();
    try (Connection connection = servers.database().connectToBaseline()) {
      findings.addFaults(
          BaselineAudit.faults(
              connection, debits, BenchSettings.GRANTED_MC, BenchSettings.COST_MC));
    }
    findings.addCheck(
        "baseline: %,d debits acknowledged; every customer's balance and ledger rows compared"
            .formatted(debits.stream().mapToLong(count -> count).sum()));
    List<Integer> usages = servers.httpLoad().acknowledgedCounts();
    findings.addFaults(pass(Work.AUDIT).errorSamples());
    verifyJournal(usages);
    findings.addCheck(
        ("node: %,d usage events acknowledged; every customer's balance and consumption compared,"
                + " and the number of events in the journal")
            .formatted(usages.stream().mapToLong(count -> count).sum()));
    verifyLedgers(usages);
  }

  /** Past the node, in its database: one stored event for each acknowledged one. */
  private void verifyJournal(List<Integer> usages) throws SQLException {
    long acknowledged = usages.stream().mapToLong(count -> count).sum();
    try (Connection connection = servers.database().connectToNode();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(STORED_USAGE)) {
      row.next();
      if (row.getLong(1) != acknowledged) {
        findings.addFault(
            "the journal holds %d usage events, %d were acknowledged"
                .formatted(row.getLong(1), acknowledged));
      }
    }
  }

  private void verifyLedgers(List<Integer> usages) throws IOException, InterruptedException {
    long entries =
        servers
            .client()
            .verifyLedgers(
                CUSTOMER_PREFIX,
                settings.hotAndSome(LEDGERS_VERIFIED),
                // One entry for the grant and one for each debit.
                customer -> 1 + usages.get(customer),
                findings);
    findings.addCheck(
        "node: hash chains of the hot customer and %d others verified, %,d entries in all"
            .formatted(LEDGERS_VERIFIED, entries));
  }
}
