package io.quotastack.bench;

import io.quotastack.bench.Scenario.Spread;
import io.quotastack.bench.baseline.HoldAudit;
import io.quotastack.bench.baseline.HoldSchema;
import io.quotastack.bench.load.LoadOrder;
import io.quotastack.bench.load.LoadOrder.Work;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Pairs of reserve and commit beside pairs of reserve and capture in PostgreSQL. A pair is one
 * operation.
 */
final class HoldGroup {
  private static final String CUSTOMER_PREFIX = "holds-";
  private static final int LEDGERS_VERIFIED = 200;

  private final BenchSettings settings;
  private final Servers servers;
  private final Windows windows;
  private final Progress progress;
  private final Findings findings;

  HoldGroup(
      BenchSettings settings,
      Servers servers,
      Windows windows,
      Progress progress,
      Findings findings) {
    this.settings = settings;
    this.servers = servers;
    this.windows = windows;
    this.progress = progress;
    this.findings = findings;
  }

  void measure() throws IOException, SQLException, InterruptedException {
    prepare();
    warmUp();
    windows.measureRounds(
        Scenario.all(Group.HOLDS, settings.clientCounts()),
        this::load,
        () -> Windows.sound(pass(Work.ENTITLEMENT)));
    verify();
  }

  private void prepare() throws IOException, SQLException, InterruptedException {
    progress.say("making %,d customers on each side, for holds".formatted(settings.allCustomers()));
    try (Connection connection = servers.database().connectToBaseline()) {
      HoldSchema.create(connection, settings.allCustomers(), BenchSettings.GRANTED_MC);
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
                0,
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
    for (Spread spread : Spread.values()) {
      windows.warmUp(servers.httpLoad(), Work.HOLD, spread, settings.warmUpOperations() / 2);
    }
    windows.warmUp(
        servers.sqlLoad(), Work.HOLD_STATEMENTS, Spread.CROWD, settings.warmUpOperations() / 4);
  }

  private Windows.Load load(Scenario scenario) {
    return switch (scenario.subject()) {
      case ROW_LOCK_HOLD -> new Windows.Load(servers.sqlLoad(), Work.HOLD_STATEMENTS);
      case HOLD -> new Windows.Load(servers.httpLoad(), Work.HOLD);
      case ROW_LOCK, FASTEST, BARE, ENTITLEMENT, USAGE ->
          throw new IllegalArgumentException(scenario.toString());
    };
  }

  private void verify() throws IOException, SQLException, InterruptedException {
    progress.say("verifying");
    List<Integer> captures = servers.sqlLoad().acknowledgedCounts();
    try (Connection connection = servers.database().connectToBaseline()) {
      findings.addFaults(
          HoldAudit.faults(connection, captures, BenchSettings.GRANTED_MC, BenchSettings.COST_MC));
    }
    findings.addCheck(
        ("baseline: %,d pairs of reserve and capture acknowledged; every customer's balance, holds"
                + " and captures compared")
            .formatted(captures.stream().mapToLong(count -> count).sum()));
    List<Integer> commits = servers.httpLoad().acknowledgedCounts();
    findings.addFaults(pass(Work.AUDIT).errorSamples());
    findings.addCheck(
        ("node: %,d pairs of reserve and commit acknowledged; every customer's balance and"
                + " consumption compared, and that nothing is held any longer")
            .formatted(commits.stream().mapToLong(count -> count).sum()));
    verifyLedgers(commits);
  }

  private void verifyLedgers(List<Integer> commits) throws IOException, InterruptedException {
    long entries =
        servers
            .client()
            .verifyLedgers(
                CUSTOMER_PREFIX,
                settings.hotAndSome(LEDGERS_VERIFIED),
                // One entry for the grant, and a hold and a capture for each pair.
                customer -> 1 + 2L * commits.get(customer),
                findings);
    findings.addCheck(
        ("node: a hold and a capture for each pair in the ledgers of the hot customer and %d"
                + " others, their hash chains verified, %,d entries in all")
            .formatted(LEDGERS_VERIFIED, entries));
  }
}
