package io.quotastack.bench;

import io.quotastack.bench.AgeResults.Row;
import io.quotastack.bench.load.Exchanges;
import io.quotastack.bench.load.LoadEvent;
import io.quotastack.bench.load.LoadJson;
import io.quotastack.bench.load.LoadOrder;
import io.quotastack.bench.load.LoadOrder.Work;
import io.quotastack.bench.machine.ChildProcess;
import io.quotastack.bench.machine.CpuTimes;
import io.quotastack.bench.past.AgedCustomers;
import io.quotastack.bench.past.AgedCustomers.Dimension;
import io.quotastack.bench.past.PastMade;
import io.quotastack.bench.past.PastOrder;
import io.quotastack.bench.past.PastProcess;
import io.quotastack.cluster.FirstTenant;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What one usage, one check and one recovery cost for customers of which one dimension has grown:
 * events, blocks or idempotency keys. Their pasts are made first; then a node that never saw them
 * takes them up.
 */
final class AgeGroup {
  private static final String CUSTOMER_PREFIX = "aged-";

  /** The node that measures recoveries lets a customer go so soon. */
  private static final Duration IDLE = Duration.ofSeconds(2);

  /** It looks at who is idle every half of that. */
  private static final Duration GONE = IDLE.multipliedBy(2);

  private static final Duration PAST_LIMIT = Duration.ofMinutes(5);
  private static final Duration REPLAY_LIMIT = Duration.ofMinutes(2);
  private static final long LIMIT_MILLIS = 60_000;

  /** A row of a number up to this is measured on many customers. */
  private static final int SMALL = 100;

  /** The first requests on a connection pay for it; they are not counted. */
  private static final int UNCOUNTED = 5;

  private static final String SNAPSHOT_BYTES =
      """
      SELECT octet_length(snapshot_payload) FROM snapshot WHERE persistence_id = ?
      ORDER BY sequence_number DESC LIMIT 1
      """;
  private static final String LIVES =
      """
      SELECT count(DISTINCT writer) FROM event_journal
      WHERE persistence_id = ? AND sequence_number > ?
      """;
  private static final String STORED_USAGE =
      "SELECT count(*) FROM event_journal WHERE event_ser_manifest LIKE 'usage_recorded.%'";

  private final BenchSettings settings;
  private final BenchSettings.AgeSettings age;
  private final Path logs;
  private final BenchDatabase database;
  private final Windows windows;
  private final Progress progress;
  private final Results results;
  private final Findings findings;
  private final FirstTenant tenant = FirstTenant.generate();

  AgeGroup(
      BenchSettings settings,
      Path logs,
      BenchDatabase database,
      Progress progress,
      Results results,
      Findings findings) {
    this.settings = settings;
    this.age = settings.age();
    this.logs = logs;
    this.database = database;
    this.windows = new Windows(settings, progress, results);
    this.progress = progress;
    this.results = results;
    this.findings = findings;
  }

  Report.Age measure() throws IOException, SQLException, InterruptedException {
    List<AgedCustomers> customers = customers();
    AgeResults aged = new AgeResults(customers, makePasts(customers));
    takeUp(aged);
    List<String> jvmOptions =
        Stream.concat(
                Bench.SERVER_JVM_OPTIONS.stream(),
                Stream.of(
                    "-Dpekko.cluster.sharding.passivation.quotastack.idle-entity.timeout="
                        + IDLE.toSeconds()
                        + "s"))
            .toList();
    try (NodeUnderTest node =
            new NodeUnderTest("aged-node", logs, jvmOptions, database.aged(), tenant);
        NodeClient client = new NodeClient(node.port(), node.apiKey());
        LoadGenerator load = new LoadGenerator("aged-load", logs)) {
      new Session(aged, customers, node, client, load).measure();
    }
    return aged.report();
  }

  /**
   * By a node that keeps them in memory as long as any does: to read a long journal back takes
   * longer than the other lets a customer idle. Nobody has a snapshot yet; the first usage makes
   * the node take those that pay.
   */
  private void takeUp(AgeResults aged) throws IOException, SQLException, InterruptedException {
    progress.say("reading whole journals");
    try (NodeUnderTest node =
            new NodeUnderTest(
                "first-aged-node", logs, Bench.SERVER_JVM_OPTIONS, database.aged(), tenant);
        NodeClient client = new NodeClient(node.port(), node.apiKey())) {
      client.priceTheMetric(BenchSettings.COST_MC);
      for (Row row : aged.rows()) {
        String externalId = Exchanges.externalId(CUSTOMER_PREFIX, row.customers().firstCustomer());
        row.setJournalAlone(client.awaitEntitlement(externalId, REPLAY_LIMIT));
        client.use(externalId, "first-since-the-past", REPLAY_LIMIT);
        row.setSnapshotBytes(snapshotBytes(row.customers()));
      }
    }
  }

  private List<AgedCustomers> customers() {
    List<AgedCustomers> rows = new ArrayList<>();
    int next = 0;
    for (Dimension dimension : Dimension.values()) {
      for (int size : age.sizes(dimension)) {
        rows.add(new AgedCustomers(dimension, size, next, size <= SMALL ? age.twins() : 1));
        next = end(rows.getLast());
      }
    }
    return rows;
  }

  private static int end(AgedCustomers customers) {
    return customers.firstCustomer() + customers.customers();
  }

  private PastMade makePasts(List<AgedCustomers> customers)
      throws IOException, SQLException, InterruptedException {
    progress.say(
        "making the pasts of %,d customers, %,d events"
            .formatted(
                end(customers.getLast()),
                customers.stream()
                    .mapToLong(row -> (long) row.customers() * row.pastEvents())
                    .sum()));
    BenchDatabase.Login login = database.aged();
    PastMade made;
    try (ChildProcess process =
        ChildProcess.start(
            "past",
            logs,
            List.of("-Xmx1g", "-XX:+UseSerialGC"),
            PastProcess.class,
            List.of(),
            Map.of())) {
      process.send(
          LoadJson.line(
              new PastOrder(
                  login.url(),
                  login.user(),
                  login.password(),
                  tenant.tenantId(),
                  CUSTOMER_PREFIX,
                  BenchSettings.GRANTED_MC,
                  BenchSettings.COST_MC,
                  customers)));
      made = LoadJson.MAPPER.readValue(process.receive(PAST_LIMIT), PastMade.class);
    }
    try (Connection connection = database.connectToAged();
        Statement statement = connection.createStatement()) {
      // What would otherwise go on in the background while something is measured.
      statement.execute("VACUUM ANALYZE event_journal");
      statement.execute("CHECKPOINT");
    }
    return made;
  }

  private String persistenceId(AgedCustomers row) {
    return CustomerRef.ofExternalId(
            new TenantRef(tenant.tenantId(), Environment.LIVE),
            Exchanges.externalId(CUSTOMER_PREFIX, row.firstCustomer()))
        .persistenceId();
  }

  private long snapshotBytes(AgedCustomers row) throws SQLException {
    try (Connection connection = database.connectToAged();
        PreparedStatement select = connection.prepareStatement(SNAPSHOT_BYTES)) {
      select.setString(1, persistenceId(row));
      try (ResultSet result = select.executeQuery()) {
        return result.next() ? result.getLong(1) : 0;
      }
    }
  }

  /** How many debits each of these has had before the load generator came. */
  private static IntStream debits(AgedCustomers row) {
    return row.numbers().map(number -> row.pastDebits() + (number == row.firstCustomer() ? 1 : 0));
  }

  /** What is done while the node runs that lets customers go. */
  private final class Session {
    private final AgeResults aged;
    private final List<AgedCustomers> customers;
    private final NodeUnderTest node;
    private final NodeClient client;
    private final LoadGenerator load;
    private final int agedCustomers;

    Session(
        AgeResults aged,
        List<AgedCustomers> customers,
        NodeUnderTest node,
        NodeClient client,
        LoadGenerator load) {
      this.aged = aged;
      this.customers = customers;
      this.node = node;
      this.client = client;
      this.load = load;
      this.agedCustomers = end(customers.getLast());
      windows.tellApart(Part.HTTP_LOAD, load.pid());
      windows.tellApart(Part.NODE, node.pid());
      windows.tellApart(Part.POSTGRESQL, database.pid());
    }

    void measure() throws IOException, SQLException, InterruptedException {
      connect();
      warmUp();
      CpuTimes before = windows.cpuTimes();
      measureRecoveries();
      measureRequests();
      results.addOtherCores(windows.cpuTimes().coresSince(before).getOrDefault("other", 0.0));
      verify();
    }

    private void connect() throws IOException, InterruptedException {
      load.connect(
          new LoadOrder.ConnectHttp(
              node.port(),
              0,
              node.apiKey(),
              CUSTOMER_PREFIX,
              agedCustomers + age.warmUpCustomers(),
              BenchSettings.GRANTED_MC,
              BenchSettings.COST_MC,
              customers.stream().flatMapToInt(AgeGroup::debits).boxed().toList()));
    }

    /** By requests for others: of an aged customer the very first is measured. */
    private void warmUp() throws IOException, InterruptedException {
      progress.say("warming up");
      warmUpPass(Work.GRANT);
      long passes = Math.max(1, settings.warmUpOperations() / age.warmUpCustomers());
      for (long pass = 0; pass < passes; pass++) {
        warmUpPass(Work.USAGE);
        warmUpPass(Work.ENTITLEMENT);
      }
      Thread.sleep(GONE);
      // And these come back into memory.
      warmUpPass(Work.ENTITLEMENT);
    }

    private void warmUpPass(Work work) throws IOException, InterruptedException {
      Windows.sound(
          load.pass(
              new LoadOrder.Pass(
                  work,
                  settings.mostClients(),
                  agedCustomers,
                  age.warmUpCustomers(),
                  LIMIT_MILLIS)));
    }

    private void measureRecoveries() throws IOException, SQLException, InterruptedException {
      progress.say("recovering %d times".formatted(age.recoveries()));
      List<Integer> firsts = customers.stream().map(AgedCustomers::firstCustomer).toList();
      for (int recovery = 0; recovery < age.recoveries(); recovery++) {
        Thread.sleep(GONE);
        List<Long> nanos = probe(Work.ENTITLEMENT, firsts);
        for (int row = 0; row < nanos.size(); row++) {
          aged.rows().get(row).addRecovery(nanos.get(row));
        }
        // Leaves the mark of this life in the journal.
        probe(Work.USAGE, firsts);
      }
      for (AgedCustomers row : customers) {
        int lives = lives(row);
        if (lives != 1 + age.recoveries()) {
          findings.addFault(
              "a customer of %,d %s was brought back %d times, not %d"
                  .formatted(row.size(), row.dimension().title(), lives - 1, age.recoveries()));
        }
      }
    }

    private void measureRequests() throws IOException, InterruptedException {
      for (int round = 1; round <= age.rounds(); round++) {
        progress.say("round %d of %d".formatted(round, age.rounds()));
        for (Row row : round % 2 == 1 ? aged.rows() : aged.rows().reversed()) {
          List<Integer> turns =
              IntStream.range(0, age.samples())
                  .mapToObj(i -> row.customers().firstCustomer() + i % row.customers().customers())
                  .toList();
          // None of them is to come back into memory while it is measured.
          probe(Work.ENTITLEMENT, turns);
          row.addUsage(probe(Work.USAGE, turns));
          row.addChecks(probe(Work.ENTITLEMENT, turns));
        }
      }
    }

    /** How long each request for these took, one after the other. */
    private List<Long> probe(Work work, List<Integer> turns)
        throws IOException, InterruptedException {
      List<Integer> others =
          IntStream.range(agedCustomers, agedCustomers + UNCOUNTED).boxed().toList();
      LoadEvent.Probed probed =
          load.probe(
              new LoadOrder.Probe(
                  work, Stream.concat(others.stream(), turns.stream()).toList(), LIMIT_MILLIS));
      if (probed.errors() > 0) {
        throw new IllegalStateException(
            probed.errors() + " wrong answers, such as " + probed.errorSamples());
      }
      return probed.nanos().subList(UNCOUNTED, probed.nanos().size());
    }

    /** How many actors have written for the first of these since their past. */
    private int lives(AgedCustomers row) throws SQLException {
      try (Connection connection = database.connectToAged();
          PreparedStatement select = connection.prepareStatement(LIVES)) {
        select.setString(1, persistenceId(row));
        select.setLong(2, row.pastEvents());
        try (ResultSet result = select.executeQuery()) {
          result.next();
          return result.getInt(1);
        }
      }
    }

    private void verify() throws IOException, SQLException, InterruptedException {
      progress.say("verifying");
      List<Integer> debits = load.acknowledgedCounts();
      findings.addFaults(
          windows.pass(load, Work.AUDIT, agedCustomers + age.warmUpCustomers()).errorSamples());
      verifyJournal(debits.stream().mapToLong(count -> count).sum());
      long entries = 0;
      for (AgedCustomers row : customers) {
        int customer = row.firstCustomer();
        int since = debits.get(customer) - row.pastDebits();
        entries +=
            client.verifyLedgers(
                CUSTOMER_PREFIX, List.of(customer), any -> row.pastEntries() + since, findings);
        if (row.dimension() == Dimension.KEYS && row.size() > 1) {
          verifyMemory(row);
        }
      }
      findings.addCheck(
          ("aged customers: every balance and consumption compared with what the past and the"
                  + " measured requests add up to, and the number of usage events in the journal;"
                  + " the oldest key of each row of keys still replays its answer; hash chains of"
                  + " one of each row verified, %,d entries in all")
              .formatted(entries));
    }

    private void verifyJournal(long expected) throws SQLException {
      try (Connection connection = database.connectToAged();
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(STORED_USAGE)) {
        row.next();
        if (row.getLong(1) != expected) {
          findings.addFault(
              "the aged journal holds %d usage events, %d were made"
                  .formatted(row.getLong(1), expected));
        }
      }
    }

    /** The oldest key of a debit is remembered: its request again changes nothing. */
    private void verifyMemory(AgedCustomers row) throws IOException, InterruptedException {
      String externalId = Exchanges.externalId(CUSTOMER_PREFIX, row.firstCustomer());
      if (!client.isReplayed(
          "/v1/usage", AgedCustomers.key(row.pastGrants()), Exchanges.usageBody(externalId))) {
        findings.addFault("the oldest key of " + externalId + " is forgotten");
      }
    }
  }
}
