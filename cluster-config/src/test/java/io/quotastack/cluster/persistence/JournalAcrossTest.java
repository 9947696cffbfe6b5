package io.quotastack.cluster.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import io.quotastack.engine.customer.CustomerEvent.CustomerUpdated;
import io.quotastack.engine.journal.JournalReader;
import io.quotastack.engine.journal.PlacedRow;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Pages across the journals of a prefix, in a database whose own collation passes over punctuation
 * and sorts letters before digits: the order is that of the bytes all the same.
 */
class JournalAcrossTest {
  private static final String UPDATED = "customer_updated.1";
  private static final String EXPIRED = "block_expired.1";
  private static final String OURS = "customer|ten_a|live|";

  private static EmbeddedDatabase database;
  private static String url;
  private static ActorSystem system;
  private static JournalReader reader;

  @BeforeAll
  static void start() throws Exception {
    database = EmbeddedDatabase.temporary();
    url = database.url().replaceFirst("/[^/]*$", "/foreign");
    try (Connection connection = connect(database.url());
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE DATABASE \"foreign\" TEMPLATE template0 LOCALE_PROVIDER icu"
              + " ICU_LOCALE 'en-u-ka-shifted-kr-latn-digit'");
    }
    Migrations.apply(new DatabaseSettings(url, database.user(), database.password()));
    system =
        ActorSystem.create(
            "across",
            ConfigFactory.parseMap(
                    Map.of(
                        "pekko.actor.provider",
                        "local",
                        "quotastack.database.url",
                        url,
                        "quotastack.database.user",
                        database.user(),
                        "quotastack.database.password",
                        database.password()))
                .withFallback(ConfigFactory.load()));
    reader = new JdbcJournalReader(system);
    for (String journal :
        List.of(
            OURS + "f0-1",
            OURS + "0f-1",
            OURS + "00-1",
            OURS + "a0-1",
            "customer|ten_a|test|00-1",
            "customer|ten_a|livf|00-1",
            "customer|ten_|alive|00-1",
            "customer|ten_b|live|00-1",
            "customer|tena|live|00-1",
            "tenant|ten_a|live")) {
      for (int sequence = 1; sequence <= 5; sequence++) {
        insert(journal, sequence, sequence % 2 == 0 ? EXPIRED : UPDATED, 0);
      }
    }
    for (int sequence = 1; sequence <= 30; sequence++) {
      insert("customer|ten_c|live|00-1", sequence, EXPIRED, 600_000);
    }
  }

  @AfterAll
  static void stop() {
    TestKit.shutdownActorSystem(system);
    database.close();
  }

  private static Connection connect(String url) throws SQLException {
    return DriverManager.getConnection(url, database.user(), database.password());
  }

  private static void insert(String journal, long sequence, String name, int padding)
      throws Exception {
    byte[] payload;
    try (var sample =
        JournalAcrossTest.class.getResourceAsStream(
            "/io/quotastack/cluster/serialization/" + name + ".json")) {
      assertThat(sample).isNotNull();
      payload =
          (new String(sample.readAllBytes(), StandardCharsets.UTF_8) + " ".repeat(padding))
              .getBytes(StandardCharsets.UTF_8);
    }
    try (Connection connection = connect(url);
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
      insert.setBytes(4, payload);
      insert.executeUpdate();
    }
  }

  private static List<PlacedRow> page(
      String prefix, String afterId, long afterSequence, Set<String> manifests, int limit)
      throws Exception {
    return reader
        .readAcross(prefix, afterId, afterSequence, manifests, limit)
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  private static List<String> places(List<PlacedRow> rows) {
    return rows.stream()
        .map(row -> row.persistenceId().substring(OURS.length()) + " " + row.sequence())
        .toList();
  }

  @Test
  void all_journals_of_a_prefix_are_read_in_the_order_of_their_bytes_and_no_other()
      throws Exception {
    var expected = new ArrayList<String>();
    for (String id : List.of("00-1", "0f-1", "a0-1", "f0-1")) {
      for (int sequence = 1; sequence <= 5; sequence++) {
        expected.add(id + " " + sequence);
      }
    }
    for (int limit : new int[] {1, 3, 5, 1_000}) {
      var found = new ArrayList<String>();
      String afterId = OURS;
      long afterSequence = 0;
      List<PlacedRow> page;
      do {
        page = page(OURS, afterId, afterSequence, Set.of(UPDATED, EXPIRED), limit);
        assertThat(page).hasSizeLessThanOrEqualTo(limit);
        found.addAll(places(page));
        if (!page.isEmpty()) {
          afterId = page.getLast().persistenceId();
          afterSequence = page.getLast().sequence();
        }
      } while (!page.isEmpty());
      assertThat(found).as("pages of %s", limit).isEqualTo(expected);
    }
  }

  @Test
  void the_first_event_of_each_journal_is_there_whatever_its_name() throws Exception {
    List<PlacedRow> rows = page(OURS, OURS, 0, Set.of(EXPIRED), 1_000);
    assertThat(places(rows))
        .containsExactly(
            "00-1 1", "00-1 2", "00-1 4", "0f-1 1", "0f-1 2", "0f-1 4", "a0-1 1", "a0-1 2",
            "a0-1 4", "f0-1 1", "f0-1 2", "f0-1 4");
    assertThat(rows.getFirst().event()).isInstanceOf(CustomerUpdated.class);
  }

  @Test
  void the_rest_of_a_journal_can_be_passed_over_and_one_journal_read_alone() throws Exception {
    Set<String> all = Set.of(UPDATED, EXPIRED);
    assertThat(places(page(OURS, OURS + "00-1", Long.MAX_VALUE, all, 2)))
        .containsExactly("0f-1 1", "0f-1 2");
    assertThat(places(page(OURS + "0f-1", OURS + "0f-1", 0, all, 1_000)))
        .containsExactly("0f-1 1", "0f-1 2", "0f-1 3", "0f-1 4", "0f-1 5");
    assertThat(page(OURS, OURS + "f0-1", 5, all, 2)).isEmpty();
  }

  @Test
  void a_page_of_heavy_events_is_short_and_the_next_goes_on_behind_it() throws Exception {
    String heavy = "customer|ten_c|live|";
    List<PlacedRow> first = page(heavy, heavy, 0, Set.of(EXPIRED), 1_000);
    assertThat(first).hasSize(7); // of 600 kB: the seventh reaches 4 MiB
    List<PlacedRow> next = page(heavy, first.getLast().persistenceId(), 7, Set.of(EXPIRED), 1_000);
    assertThat(next.getFirst().sequence()).isEqualTo(8);
  }

  @Test
  void connections_are_given_back_as_they_were() throws Exception {
    for (int i = 0; i < 20; i++) {
      page(OURS, OURS, 0, Set.of(EXPIRED), 1);
    }
    Boolean autoCommit =
        ReadDatabase.get(system).run(Connection::getAutoCommit).get(30, TimeUnit.SECONDS);
    assertThat(autoCommit).isTrue();
    try (Connection connection = connect(url);
        Statement statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")) {
      row.next();
      assertThat(row.getInt(1)).isZero();
    }
  }
}
