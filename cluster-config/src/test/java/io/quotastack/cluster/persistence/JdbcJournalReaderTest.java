package io.quotastack.cluster.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import io.quotastack.engine.customer.CustomerEvent.CustomerUpdated;
import io.quotastack.engine.journal.JournalReader;
import io.quotastack.engine.journal.JournalReader.Direction;
import io.quotastack.engine.journal.JournalRow;
import io.quotastack.engine.journal.JournalUnavailableException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pages of a journal, forwards and backwards, by name, and what happens without a database. */
class JdbcJournalReaderTest {
  private static final String JOURNAL = "customer|ten_a|live|c";
  private static final String UPDATED = "customer_updated.1";
  private static final String EXPIRED = "block_expired.1";

  private static EmbeddedDatabase database;
  private static ActorSystem system;
  private static JournalReader reader;

  @BeforeAll
  static void start() throws Exception {
    database = EmbeddedDatabase.temporary();
    Migrations.apply(new DatabaseSettings(database.url(), database.user(), database.password()));
    for (int sequence = 1; sequence <= 20; sequence++) {
      insert(JOURNAL, sequence, sequence % 5 == 0 ? EXPIRED : UPDATED);
    }
    insert("customer|ten_a|live|other", 1, UPDATED);
    system = ActorSystem.create("reader", config());
    reader = new JdbcJournalReader(system);
  }

  @AfterAll
  static void stop() {
    TestKit.shutdownActorSystem(system);
    database.close();
  }

  private static Config config() {
    return ConfigFactory.parseMap(
            Map.of(
                "pekko.actor.provider",
                "local",
                "quotastack.database.url",
                database.url(),
                "quotastack.database.user",
                database.user(),
                "quotastack.database.password",
                database.password(),
                "quotastack.database.read-connections",
                1,
                "quotastack.database.read-queue",
                2,
                "quotastack.database.connection-timeout-seconds",
                1))
        .withFallback(ConfigFactory.load());
  }

  @Test
  void pages_go_from_either_end_within_their_bounds() throws Exception {
    assertThat(read(1, Long.MAX_VALUE, Direction.OLDEST_FIRST, Set.of(), 3))
        .containsExactly(1L, 2L, 3L);
    assertThat(read(1, Long.MAX_VALUE, Direction.NEWEST_FIRST, Set.of(), 3))
        .containsExactly(20L, 19L, 18L);
    assertThat(read(4, 6, Direction.OLDEST_FIRST, Set.of(), 1_000)).containsExactly(4L, 5L, 6L);
    assertThat(read(4, 6, Direction.NEWEST_FIRST, Set.of(), 2)).containsExactly(6L, 5L);
    assertThat(read(21, Long.MAX_VALUE, Direction.OLDEST_FIRST, Set.of(), 10)).isEmpty();
  }

  @Test
  void only_the_asked_for_events_are_read() throws Exception {
    assertThat(read(1, Long.MAX_VALUE, Direction.OLDEST_FIRST, Set.of(EXPIRED), 10))
        .containsExactly(5L, 10L, 15L, 20L);
    assertThat(read(1, 7, Direction.NEWEST_FIRST, Set.of(EXPIRED, UPDATED), 3))
        .containsExactly(7L, 6L, 5L);
    assertThat(read(1, Long.MAX_VALUE, Direction.OLDEST_FIRST, Set.of("nothing.1"), 10)).isEmpty();
  }

  @Test
  void events_come_as_what_they_were() throws Exception {
    JournalRow row =
        reader
            .read(JOURNAL, 1, 1, Direction.OLDEST_FIRST, Set.of(), 1)
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS)
            .getFirst();

    assertThat(row.event()).isInstanceOf(CustomerUpdated.class);
    assertThat(((CustomerUpdated) row.event()).request().key()).isEqualTo("key-1");
  }

  @Test
  void a_page_has_a_limit() {
    for (int limit : new int[] {0, JournalReader.MAX_ROWS + 1}) {
      assertThatThrownBy(() -> reader.read(JOURNAL, 1, 2, Direction.OLDEST_FIRST, Set.of(), limit))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void without_a_database_reads_fail_soon_and_too_many_at_once() throws Exception {
    EmbeddedDatabase gone = EmbeddedDatabase.temporary();
    gone.close();
    ActorSystem lonely =
        ActorSystem.create(
            "lonely",
            ConfigFactory.parseMap(Map.of("quotastack.database.url", gone.url()))
                .withFallback(config()));
    try {
      var lonelyReader = new JdbcJournalReader(lonely);
      var reads = new ArrayList<CompletableFuture<List<JournalRow>>>();
      // One runs, two wait, and the others find the queue full.
      for (int i = 0; i < 10; i++) {
        reads.add(
            lonelyReader
                .read(JOURNAL, 1, 1, Direction.OLDEST_FIRST, Set.of(), 1)
                .toCompletableFuture());
      }
      assertThat(reads.stream().filter(CompletableFuture::isDone)).hasSizeGreaterThanOrEqualTo(7);
      for (var read : reads) {
        assertThatThrownBy(() -> read.get(60, TimeUnit.SECONDS))
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(JournalUnavailableException.class);
      }
    } finally {
      TestKit.shutdownActorSystem(lonely);
    }
  }

  private static List<Long> read(
      long from, long to, Direction direction, Set<String> manifests, int limit) throws Exception {
    return reader
        .read(JOURNAL, from, to, direction, manifests, limit)
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS)
        .stream()
        .map(JournalRow::sequence)
        .toList();
  }

  private static void insert(String journal, long sequence, String name) throws Exception {
    byte[] payload;
    try (var sample =
        JdbcJournalReaderTest.class.getResourceAsStream(
            "/io/quotastack/cluster/serialization/" + name + ".json")) {
      assertThat(sample).isNotNull();
      payload = sample.readAllBytes();
    }
    insert(journal, sequence, name, payload);
  }

  private static void insert(String journal, long sequence, String name, byte[] payload)
      throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(database.url(), database.user(), database.password());
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
}
