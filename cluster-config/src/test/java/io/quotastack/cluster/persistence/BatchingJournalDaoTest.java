package io.quotastack.cluster.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import io.quotastack.engine.customer.CustomerEvent.CustomerUpdated;
import io.quotastack.engine.customer.Profile;
import io.quotastack.engine.idempotency.RequestKey;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.PersistentRepr$;
import org.apache.pekko.persistence.jdbc.config.JournalConfig;
import org.apache.pekko.persistence.jdbc.db.SlickDatabase;
import org.apache.pekko.persistence.jdbc.db.SlickExtension;
import org.apache.pekko.persistence.jdbc.db.SlickExtensionImpl;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;

/** Writes gather to batches, and one that cannot be stored takes no other with it. */
class BatchingJournalDaoTest {
  private static final Instant AT = Instant.parse("2026-01-15T09:00:00Z");

  private static EmbeddedDatabase database;
  private static ActorSystem system;
  private static BatchingJournalDao dao;

  @BeforeAll
  static void start() throws Exception {
    database = EmbeddedDatabase.temporary();
    Migrations.apply(new DatabaseSettings(database.url(), database.user(), database.password()));
    system = ActorSystem.create("writer", config());
    Config journal = system.settings().config().getConfig("jdbc-journal");
    SlickDatabase slick = ((SlickExtensionImpl) SlickExtension.get(system)).database(journal);
    dao =
        new BatchingJournalDao(
            slick.database(),
            slick.profile(),
            new JournalConfig(journal),
            SerializationExtension.get(system),
            system.dispatcher(),
            SystemMaterializer.get(system).materializer());
  }

  @AfterAll
  static void stop() {
    TestKit.shutdownActorSystem(system);
    database.close();
  }

  private static Config config() {
    Map<String, String> here =
        Map.of(
            "pekko.actor.provider",
            "local",
            "quotastack.database.url",
            database.url(),
            "quotastack.database.user",
            database.user(),
            "quotastack.database.password",
            database.password());
    return ConfigFactory.load(
        ConfigFactory.parseMap(here).withFallback(ConfigFactory.defaultApplication()));
  }

  private static CompletableFuture<?> write(String journal, long... sequences) {
    var events = new ArrayList<PersistentRepr>();
    for (long sequence : sequences) {
      events.add(
          PersistentRepr$.MODULE$.apply(
              new CustomerUpdated(AT, new RequestKey("key", sequence), Profile.named(journal, AT)),
              sequence,
              journal,
              "",
              false,
              ActorRef.noSender(),
              "writer-1"));
    }
    var write = new AtomicWrite(CollectionConverters.asScala(events).toSeq());
    return FutureConverters.asJava(
            dao.asyncWriteMessages(CollectionConverters.asScala(List.of(write)).toSeq()))
        .toCompletableFuture();
  }

  private static void awaitDone(CompletableFuture<?> write) throws Exception {
    write.get(30, TimeUnit.SECONDS);
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(database.url(), database.user(), database.password());
  }

  private static List<String> stored(String journal) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT sequence_number || ' ' || event_ser_manifest || ' ' || writer || ' '"
                    + " || xmin::text AS row FROM event_journal WHERE persistence_id = '"
                    + journal
                    + "' ORDER BY ordering")) {
      var all = new ArrayList<String>();
      while (rows.next()) {
        all.add(rows.getString(1));
      }
      return all;
    }
  }

  /**
   * Runs while no row can be written, so that what it writes waits; then lets all of it through.
   */
  private static void whileHeldUp(Runnable writes) throws Exception {
    CompletableFuture<?> first;
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("LOCK TABLE event_journal IN EXCLUSIVE MODE");
      first = write("in front " + System.nanoTime(), 1);
      await().until(BatchingJournalDaoTest::someoneWaitsForTheLock);
      writes.run();
      connection.rollback();
    }
    awaitDone(first);
  }

  private static boolean someoneWaitsForTheLock() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet waits = statement.executeQuery("SELECT 1 FROM pg_locks WHERE NOT granted")) {
      return waits.next();
    }
  }

  @Test
  void rows_hold_what_was_written_in_its_order() throws Exception {
    awaitDone(write("plain", 1, 2, 3));

    assertThat(stored("plain"))
        .extracting(row -> row.substring(0, row.lastIndexOf(' ')))
        .containsExactly(
            "1 customer_updated.1 writer-1",
            "2 customer_updated.1 writer-1",
            "3 customer_updated.1 writer-1");
    long highest =
        FutureConverters.<Object>asJava(dao.highestSequenceNr("plain", 0))
                    .toCompletableFuture()
                    .get(30, TimeUnit.SECONDS)
                instanceof Long number
            ? number
            : -1;
    assertThat(highest).isEqualTo(3);
  }

  @Test
  void what_waits_goes_down_as_one_transaction() throws Exception {
    var writes = new ArrayList<CompletableFuture<?>>();
    whileHeldUp(() -> {
      for (int i = 0; i < 50; i++) {
        writes.add(write("gathered " + i, 1, 2));
      }
    });

    var transactions = new ArrayList<String>();
    for (int i = 0; i < writes.size(); i++) {
      awaitDone(writes.get(i));
      for (String row : stored("gathered " + i)) {
        transactions.add(row.substring(row.lastIndexOf(' ')));
      }
    }
    assertThat(transactions).hasSize(100);
    assertThat(transactions.stream().distinct()).hasSize(1);
  }

  @Test
  void a_write_that_is_refused_takes_no_other_with_it() throws Exception {
    awaitDone(write("taken", 1));
    var writes = new ArrayList<CompletableFuture<?>>();
    whileHeldUp(() -> {
      writes.add(write("before", 1, 2));
      writes.add(write("taken", 1, 2));
      writes.add(write("after", 1));
    });

    awaitDone(writes.getFirst());
    awaitDone(writes.getLast());
    assertThatThrownBy(() -> awaitDone(writes.get(1)))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(SQLException.class);
    assertThat(stored("before")).hasSize(2);
    assertThat(stored("taken")).as("all of a write or nothing").hasSize(1);
    assertThat(stored("after")).hasSize(1);
  }
}
