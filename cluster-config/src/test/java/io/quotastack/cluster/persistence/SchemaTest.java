package io.quotastack.cluster.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerHash;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.ids.OwnedId;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the migrations make of an empty database: the journal, the ledger view, the snapshots. */
class SchemaTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final UUID CUSTOMER = UUID.fromString("0193b5c8-1111-7222-8333-444455556666");
  private static final String TENANT = "ten_aaaaaaaaaaaaaaaaaaaaaaaaaa";
  private static final String JOURNAL = "customer|" + TENANT + "|live|" + CUSTOMER;

  private static EmbeddedDatabase database;

  @BeforeAll
  static void start() throws Exception {
    database = EmbeddedDatabase.temporary();
    // As by several nodes that start at once on an empty database.
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      var runs = new ArrayList<Future<?>>();
      for (int i = 0; i < 3; i++) {
        runs.add(
            threads.submit(() -> {
              Migrations.apply(settings());
              return true;
            }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  private static DatabaseSettings settings() {
    return new DatabaseSettings(database.url(), database.user(), database.password());
  }

  @Test
  void a_ledger_entry_reads_as_the_api_shows_it_and_its_hash_can_be_recomputed() throws Exception {
    LedgerEntry entry =
        new LedgerEntry(
                258,
                2,
                EntryType.DEBIT,
                -600_000,
                400_000,
                0,
                0,
                List.of(new Allocation(1, 500_000), new Allocation(257, 100_000)),
                new Reference("usage", OwnedId.Kind.USAGE_EVENT.text(CUSTOMER, 258)),
                "a \"reason\" \\ größe",
                Map.of("job", "42"),
                Instant.parse("2026-01-15T09:00:02.500Z"),
                "1".repeat(64),
                "")
            .sealed(CUSTOMER);
    insertEvent(
        JOURNAL,
        258,
        "usage_recorded.1",
        """
        {"event": "usage_recorded.1", "units": 1,
         "entry": {"number": 258, "sequence": 2, "type": "debit", "delta": -600000,
           "balance_after": 400000, "reserved_after": 0, "overage_after": 0,
           "allocations": [{"block": 1, "amount_mc": 500000}, {"block": 257, "amount_mc": 100000}],
           "reference": {"type": "usage", "id": "%s"},
           "reason": "a \\"reason\\" \\\\ größe", "metadata": {"job": "42"},
           "created_at": "2026-01-15T09:00:02.500Z",
           "previous_hash": "%s", "hash": "%s"}}
        """
            .formatted(
                OwnedId.Kind.USAGE_EVENT.text(CUSTOMER, 258), entry.previousHash(), entry.hash()));
    // Not every event is an entry, and not every journal is a customer's.
    insertEvent(JOURNAL, 259, "customer_updated.1", "{\"event\": \"customer_updated.1\"}");
    insertEvent("tenant|" + TENANT + "|live", 1, "tenant_created.1", "{\"entry\": {}}");

    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT * FROM ledger")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString("tenant_id")).isEqualTo(TENANT);
      assertThat(row.getString("environment")).isEqualTo("live");
      assertThat(row.getObject("customer_id", UUID.class)).isEqualTo(CUSTOMER);
      assertThat(row.getString("id")).isEqualTo(OwnedId.Kind.LEDGER_ENTRY.text(CUSTOMER, 258));
      assertThat(row.getLong("journal_sequence")).isEqualTo(258);
      assertThat(row.getString("event")).isEqualTo("usage_recorded.1");
      assertThat(entryOf(row)).isEqualTo(entry);
      assertThat(LedgerHash.of(entryOf(row), CUSTOMER)).isEqualTo(row.getString("hash"));
      assertThat(row.next()).isFalse();
    }
  }

  /** The entry that the columns of the view make up, and nothing else. */
  private static LedgerEntry entryOf(ResultSet row) throws Exception {
    var allocations = new ArrayList<Allocation>();
    for (JsonNode allocation : JSON.readTree(row.getString("allocations"))) {
      OwnedId block = OwnedId.Kind.BLOCK.parse(allocation.required("block_id").textValue());
      assertThat(block).isNotNull();
      assertThat(block.customerId()).isEqualTo(CUSTOMER);
      allocations.add(new Allocation(block.number(), allocation.required("amount").longValue()));
    }
    OwnedId id = OwnedId.Kind.LEDGER_ENTRY.parse(row.getString("id"));
    assertThat(id).isNotNull();
    return new LedgerEntry(
        id.number(),
        row.getLong("sequence"),
        EntryType.valueOf(row.getString("type").toUpperCase(Locale.ROOT)),
        row.getLong("delta"),
        row.getLong("balance_after"),
        row.getLong("reserved_after"),
        row.getLong("overage_after"),
        allocations,
        new Reference(row.getString("reference_type"), row.getString("reference_id")),
        row.getString("reason"),
        Map.of("job", JSON.readTree(row.getString("metadata")).required("job").textValue()),
        row.getObject("created_at", OffsetDateTime.class).toInstant(),
        row.getString("previous_hash"),
        row.getString("hash"));
  }

  @Test
  void ids_in_sql_are_those_of_the_api() throws Exception {
    var random = new Random(42);
    try (Connection connection = connect();
        PreparedStatement statement =
            connection.prepareStatement("SELECT owned_id('blk_', ?::uuid, ?)")) {
      for (int i = 0; i < 500; i++) {
        var customer = new UUID(random.nextLong(), random.nextLong());
        long number = 1 + (random.nextLong() >>> (1 + random.nextInt(62)));
        statement.setString(1, customer.toString());
        statement.setLong(2, number);
        try (ResultSet row = statement.executeQuery()) {
          assertThat(row.next()).isTrue();
          assertThat(row.getString(1)).isEqualTo(OwnedId.Kind.BLOCK.text(customer, number));
        }
      }
    }
  }

  @Test
  void a_journal_has_each_number_once() throws Exception {
    insertEvent("customer|x", 1, "customer_updated.1", "{}");

    assertThatThrownBy(() -> insertEvent("customer|x", 1, "customer_updated.1", "{}"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("event_journal_pkey");

    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("DELETE FROM event_journal WHERE persistence_id = 'customer|x'");
    }
  }

  @Test
  void of_each_actor_the_two_newest_snapshots_stay() throws Exception {
    try (Connection connection = connect();
        PreparedStatement insert =
            connection.prepareStatement(
                """
                INSERT INTO snapshot (persistence_id, sequence_number, created,
                  snapshot_ser_id, snapshot_ser_manifest, snapshot_payload)
                VALUES (?, ?, 0, 101, 'customer_snapshot.1', '')
                ON CONFLICT (persistence_id, sequence_number) DO UPDATE SET created = 1
                """)) {
      for (String actor : new String[] {"a", "b"}) {
        for (long sequence : new long[] {500, 1_000, 1_500, 1_500, 2_000}) {
          insert.setString(1, actor);
          insert.setLong(2, sequence);
          insert.executeUpdate();
        }
      }
      insert.setString(1, "c");
      insert.setLong(2, 500);
      insert.executeUpdate();
    }

    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                """
                SELECT string_agg(persistence_id || sequence_number, ' '
                         ORDER BY persistence_id, sequence_number)
                  FROM snapshot
                """)) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString(1)).isEqualTo("a1500 a2000 b1500 b2000 c500");
    }
  }

  private static void insertEvent(String journal, long sequence, String name, String json)
      throws SQLException {
    try (Connection connection = connect();
        PreparedStatement insert =
            connection.prepareStatement(
                """
                INSERT INTO event_journal (persistence_id, sequence_number, writer,
                  event_ser_id, event_ser_manifest, event_payload)
                VALUES (?, ?, 'test', 101, ?, ?)
                """)) {
      insert.setString(1, journal);
      insert.setLong(2, sequence);
      insert.setString(3, name);
      insert.setBytes(4, json.getBytes(StandardCharsets.UTF_8));
      insert.executeUpdate();
    }
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(database.url(), database.user(), database.password());
  }
}
