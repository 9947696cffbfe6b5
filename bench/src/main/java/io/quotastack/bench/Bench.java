package io.quotastack.bench;

import io.quotastack.bench.machine.MachineFacts;
import io.quotastack.cluster.FirstTenant;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One run from start to end: starts everything on this machine, has each group measure, and puts
 * what they found into a report.
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

  private final BenchSettings settings;
  private final Path logs;
  private final Clock clock;
  private final Progress progress;
  private final Results results = new Results();
  private final Findings findings = new Findings();

  Bench(BenchSettings settings, Path output, Clock clock, PrintStream progress) {
    this.settings = settings;
    this.logs = output.resolve("logs");
    this.clock = clock;
    this.progress = new Progress(progress);
  }

  Report run() throws IOException, SQLException, InterruptedException {
    Instant startedAt = clock.instant();
    Set<Group> groups = settings.groups();
    progress.say("starting PostgreSQL");
    try (BenchDatabase database = new BenchDatabase()) {
      Report.Storage storage = database.measureStorage();
      if (groups.contains(Group.USAGE) || groups.contains(Group.HOLDS)) {
        measureThroughputs(database);
      }
      Report.@Nullable Age age = null;
      if (groups.contains(Group.AGE)) {
        age = new AgeGroup(settings, logs, database, progress, results, findings).measure();
      }
      return new Report(
          startedAt.toString(),
          progress.seconds(),
          groups,
          settings.quick(),
          settings.customers(),
          results.rounds(),
          settings.windowMillis() / 1e3,
          settings.openLoopShare(),
          MachineFacts.read(),
          storage,
          database.facts(),
          SERVER_JVM_OPTIONS,
          findings.variants(),
          results.otherCores(),
          results.closedLoop(),
          results.openLoop(),
          results.ratios(groups, settings.clientCounts()),
          age,
          findings.verification(),
          results.errors(),
          results.errorSamples());
    }
  }

  private void measureThroughputs(BenchDatabase database)
      throws IOException, SQLException, InterruptedException {
    progress.say("starting a node and the load generators");
    try (NodeUnderTest node =
            new NodeUnderTest(
                "node", logs, SERVER_JVM_OPTIONS, database.node(), FirstTenant.generate());
        NodeClient client = new NodeClient(node.port(), node.apiKey());
        LoadGenerator sqlLoad = new LoadGenerator("sql-load", logs);
        LoadGenerator httpLoad = new LoadGenerator("http-load", logs)) {
      Servers servers = new Servers(database, node, client, sqlLoad, httpLoad);
      Windows windows = new Windows(settings, progress, results);
      windows.tellApart(Part.SQL_LOAD, sqlLoad.pid());
      windows.tellApart(Part.HTTP_LOAD, httpLoad.pid());
      windows.tellApart(Part.NODE, node.pid());
      windows.tellApart(Part.POSTGRESQL, database.pid());
      if (settings.groups().contains(Group.USAGE)) {
        measureUsage(servers, windows);
      }
      if (settings.groups().contains(Group.HOLDS)) {
        new HoldGroup(settings, servers, windows, progress, findings).measure();
      }
    }
  }

  private void measureUsage(Servers servers, Windows windows)
      throws IOException, SQLException, InterruptedException {
    progress.say("starting the bare route");
    try (BareRoute bare = new BareRoute(logs, SERVER_JVM_OPTIONS)) {
      windows.tellApart(Part.BARE, bare.pid());
      new UsageGroup(settings, servers, bare.port(), windows, progress, findings).measure();
    }
  }
}
