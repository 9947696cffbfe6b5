package io.quotastack.cluster.alarms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.quotastack.cluster.persistence.DatabaseSettings;
import io.quotastack.cluster.persistence.Migrations;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.journal.JournalUnavailableException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Whoever has an alarm is rung, at its time and once, whatever dies meanwhile. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class JdbcAlarmsTest {
  private static EmbeddedDatabase database;

  private final TenantRef tenant = new TenantRef(TenantRef.newTenantId(), Environment.LIVE);
  private final List<JdbcAlarms> nodes = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    database = EmbeddedDatabase.temporary();
    Migrations.apply(new DatabaseSettings(database.url(), database.user(), database.password()));
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  @AfterEach
  void leaveNothing() throws SQLException {
    nodes.forEach(JdbcAlarms::stopRinging);
    nodes.forEach(JdbcAlarms::close);
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("TRUNCATE scheduled_tasks");
    }
  }

  private JdbcAlarms node(Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("quotastack.database.url", database.url());
    all.put("quotastack.database.user", database.user());
    all.put("quotastack.database.password", database.password());
    Config config =
        ConfigFactory.load(
            ConfigFactory.parseMap(all).withFallback(ConfigFactory.defaultApplication()));
    var node = new JdbcAlarms(config, "node-" + nodes.size());
    nodes.add(node);
    return node;
  }

  private JdbcAlarms node() {
    return node(Map.of());
  }

  private CustomerRef customer(String externalId) {
    return CustomerRef.ofExternalId(tenant, externalId);
  }

  private static void set(JdbcAlarms node, CustomerRef customer, Instant at) {
    node.set(customer, at).toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(database.url(), database.user(), database.password());
  }

  /** The first column of a query's first row, as text; "none" if there is none. */
  private static String query(String sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "none";
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  private static int rows() {
    return Integer.parseInt(query("SELECT count(*) FROM scheduled_tasks"));
  }

  private static void execute(String sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  private static ConditionFactory inTime() {
    return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(10));
  }

  // ------------------------------------------------------------------------------------------
  // when it rings

  @Test
  void an_alarm_rings_at_its_time_or_soon_after_and_is_gone() {
    var ringer = new Ringer();
    JdbcAlarms node = node();
    node.start(ringer);
    Instant due = Instant.now().plusMillis(1_500);
    set(node, customer("acme"), due);

    assertThat(rows()).as("durable once it is answered").isEqualTo(1);
    inTime().until(() -> ringer.all() > 0);
    assertThat(ringer.rings(customer("acme")).getFirst())
        .isBetween(due, due.plusSeconds(3)); // half a second, were the machine ours alone
    inTime().until(() -> rows() == 0);
    assertThat(ringer.all()).isEqualTo(1);
  }

  @Test
  void what_came_due_while_no_node_was_up_rings_soon_after_the_start() {
    JdbcAlarms before = node();
    set(before, customer("acme"), Instant.now().plusMillis(300));
    before.close();
    var ringer = new Ringer();
    inTime().until(() -> query("SELECT execution_time < now() FROM scheduled_tasks").equals("t"));

    node().start(ringer);

    await().atMost(Duration.ofSeconds(5)).until(() -> ringer.all() == 1);
  }

  @Test
  void an_instant_that_has_passed_rings_soon_and_one_that_is_far_does_not() {
    var ringer = new Ringer();
    JdbcAlarms node = node();
    node.start(ringer);

    set(node, customer("long ago"), Instant.MIN);
    set(node, customer("just now"), Instant.now());
    set(node, customer("one day"), Instant.MAX);

    inTime().until(() -> rows() == 1);
    assertThat(ringer.customers()).isEqualTo(2);
    assertThat(ringer.rings(customer("one day"))).isEmpty();
    assertThat(query("SELECT execution_time AT TIME ZONE 'UTC' FROM scheduled_tasks"))
        .isEqualTo("9999-12-31 23:59:59.999");
  }

  @Test
  void five_thousand_that_come_due_at_once_are_all_rung_once() {
    var ringer = new Ringer();
    JdbcAlarms node = node();
    node.start(ringer);
    Instant due = Instant.now().plusSeconds(2);
    CompletableFuture.allOf(
            IntStream.range(0, 5_000)
                .mapToObj(i -> node.set(customer("customer " + i), due).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new))
        .orTimeout(30, TimeUnit.SECONDS)
        .join();

    inTime().until(() -> rows() == 0);
    Duration took = Duration.between(due, Instant.now());
    assertThat(ringer.customers()).isEqualTo(5_000);
    assertThat(ringer.all()).isEqualTo(5_000);
    LoggerFactory.getLogger(JdbcAlarmsTest.class)
        .info("5,000 alarms were rung and gone {} ms after their time", took.toMillis());
    assertThat(took).isLessThan(Duration.ofSeconds(20));
  }

  // ------------------------------------------------------------------------------------------
  // once, and again

  @Test
  void an_alarm_that_is_set_twice_rings_once() {
    var ringer = new Ringer();
    JdbcAlarms one = node();
    JdbcAlarms other = node();
    Instant due = Instant.now().plusMillis(500);
    for (int i = 0; i < 3; i++) {
      set(one, customer("acme"), due);
      set(other, customer("acme"), due);
    }
    CompletableFuture.allOf(
            IntStream.range(0, 100)
                .mapToObj(i -> one.set(customer("acme"), due).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new))
        .join();
    assertThat(rows()).isEqualTo(1);

    one.start(ringer);
    other.start(ringer);

    inTime().until(() -> rows() == 0);
    assertThat(ringer.all()).isEqualTo(1);
  }

  @Test
  void each_time_of_a_customer_rings() {
    var ringer = new Ringer();
    JdbcAlarms node = node();
    node.start(ringer);
    Instant first = Instant.now().plusMillis(200);
    set(node, customer("acme"), first);
    set(node, customer("acme"), first.plusMillis(1));
    set(node, customer("acme"), first.plusMillis(900));

    inTime().until(() -> rows() == 0);
    assertThat(ringer.rings(customer("acme"))).hasSize(3);
  }

  @Test
  void nodes_share_the_work_and_ring_each_once() {
    var here = new Ringer();
    var there = new Ringer();
    JdbcAlarms one = node();
    JdbcAlarms other = node();
    Instant due = Instant.now();
    for (int i = 0; i < 300; i++) {
      set(one, customer("customer " + i), due);
    }

    one.start(here);
    other.start(there);

    inTime().until(() -> rows() == 0);
    assertThat(here.all() + there.all()).isEqualTo(300);
    assertThat(IntStream.range(0, 300).mapToObj(i -> customer("customer " + i)))
        .allMatch(rung -> here.rings(rung).size() + there.rings(rung).size() == 1);
  }

  @Test
  void an_alarm_that_is_set_while_it_is_being_rung_rings_again() {
    var first = new CompletableFuture<String>();
    var count = new AtomicInteger();
    var ringer =
        new Ringer(customer ->
            count.incrementAndGet() == 1 ? first : CompletableFuture.completedFuture("again"));
    JdbcAlarms node = node();
    node.start(ringer);
    Instant due = Instant.now();
    set(node, customer("acme"), due);
    inTime().until(() -> ringer.all() == 1);

    // The customer has looked at its clock, and now something more is to come due at that instant.
    set(node, customer("acme"), due);
    first.complete("it has looked");

    inTime().until(() -> rows() == 0);
    assertThat(ringer.all()).isEqualTo(2);
  }

  // ------------------------------------------------------------------------------------------
  // failure

  @Test
  void who_could_not_be_rung_is_rung_again() {
    var count = new AtomicInteger();
    var ringer =
        new Ringer(customer ->
            switch (count.incrementAndGet()) {
              case 1 -> CompletableFuture.failedFuture(new IllegalStateException("no storage"));
              case 2 -> throw new IllegalArgumentException("no such door");
              default -> CompletableFuture.completedFuture("it has looked");
            });
    JdbcAlarms node = node();
    node.start(ringer);
    set(node, customer("acme"), Instant.now());

    inTime().until(() -> rows() == 0);
    List<Instant> rings = ringer.rings(customer("acme"));
    assertThat(rings).hasSize(3);
    assertThat(Duration.between(rings.get(0), rings.get(1)))
        .isBetween(Duration.ofMillis(950), Duration.ofSeconds(10));
    assertThat(Duration.between(rings.get(1), rings.get(2)))
        .isBetween(Duration.ofMillis(1_950), Duration.ofSeconds(10));
  }

  @Test
  void who_does_not_answer_is_rung_again() {
    var ringer = Ringer.unanswered();
    JdbcAlarms node = node(Map.of("quotastack.alarms.ring-timeout", "100ms"));
    node.start(ringer);
    set(node, customer("acme"), Instant.now());

    inTime().until(() -> ringer.all() == 2);
    assertThat(rows()).isEqualTo(1);
  }

  @Test
  void an_alarm_that_is_set_while_it_is_put_off_rings_at_once() {
    var broken = new AtomicBoolean(true);
    var ringer =
        new Ringer(customer ->
            broken.get()
                ? CompletableFuture.failedFuture(new IllegalStateException("no storage"))
                : CompletableFuture.completedFuture("it has looked"));
    JdbcAlarms node = node();
    node.start(ringer);
    Instant due = Instant.now();
    set(node, customer("acme"), due);
    inTime().until(() -> query("SELECT picked FROM scheduled_tasks").equals("f"));
    execute("UPDATE scheduled_tasks SET execution_time = now() + interval '1 hour'");
    broken.set(false);

    set(node, customer("acme"), due);

    inTime().until(() -> rows() == 0);
  }

  @Test
  void what_a_node_was_ringing_when_it_died_another_rings() {
    // As good as dead: it is stuck with one alarm, rings no other, and gives no more signs of life.
    JdbcAlarms dying =
        node(
            Map.of(
                "quotastack.alarms.max-ringing",
                1,
                "quotastack.alarms.ring-timeout",
                "1h",
                "quotastack.alarms.heartbeat-interval",
                "1h"));
    var unheard = Ringer.unanswered();
    dying.start(unheard);
    set(dying, customer("acme"), Instant.now());
    inTime().until(() -> unheard.all() == 1);

    var ringer = new Ringer();
    node(Map.of("quotastack.alarms.heartbeat-interval", "250ms")).start(ringer);

    inTime().until(() -> ringer.all() == 1 && rows() == 0);
    assertThat(unheard.all()).isEqualTo(1);
  }

  @Test
  void what_takes_long_is_not_taken_over_while_its_node_lives() {
    Map<String, Object> settings =
        Map.of(
            "quotastack.alarms.ring-timeout", "1h", "quotastack.alarms.heartbeat-interval", "1s");
    var answer = new CompletableFuture<String>();
    var slow = new Ringer(customer -> answer);
    JdbcAlarms node = node(settings);
    node.start(slow);
    set(node, customer("acme"), Instant.now());
    inTime().until(() -> slow.all() == 1);
    var ringer = new Ringer();
    JdbcAlarms other = node(settings);
    other.start(ringer);

    String picked = "SELECT last_heartbeat - execution_time > interval '5 seconds'";
    inTime().until(() -> query(picked + " FROM scheduled_tasks").equals("t"));
    assertThat(ringer.all()).isZero();
    answer.complete("it has looked");
    inTime().until(() -> rows() == 0);
    assertThat(slow.all()).isEqualTo(1);
    assertThat(ringer.all()).isZero();
  }

  @Test
  void a_node_that_stops_leaves_what_is_unanswered_to_others() {
    JdbcAlarms stopping = node();
    var unheard = Ringer.unanswered();
    stopping.start(unheard);
    set(stopping, customer("acme"), Instant.now());
    inTime().until(() -> unheard.all() == 1);

    stopping.stopRinging();

    assertThat(query("SELECT picked FROM scheduled_tasks")).isEqualTo("f");
    var ringer = new Ringer();
    node().start(ringer);
    inTime().until(() -> ringer.all() == 1 && rows() == 0);
    set(stopping, customer("other"), Instant.now().plusSeconds(60));
    assertThat(rows()).as("it can still set alarms").isEqualTo(1);
  }

  @Test
  void alarms_ring_again_when_the_database_is_back_and_the_outage_is_told_once() {
    var ringer = new Ringer();
    JdbcAlarms node = node(Map.of("quotastack.database.connection-timeout-seconds", 1));
    node.start(ringer);
    Instant due = Instant.now().plusSeconds(1);
    set(node, customer("acme"), due);

    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    var told = new Told();
    told.start();
    root.addAppender(told);
    try {
      database.killHard();
      assertThatThrownBy(() -> set(node, customer("other"), due))
          .isInstanceOf(CompletionException.class)
          .hasCauseInstanceOf(JournalUnavailableException.class);
      // Some more polls in vain.
      await().until(() -> Instant.now().isAfter(due.plusSeconds(1)));
      assertThat(ringer.all()).isZero();
    } finally {
      database.restart();
      inTime().until(() -> ringer.rings(customer("acme")).size() == 1);
      root.detachAppender(told);
    }

    Instant later = Instant.now();
    inTime()
        .ignoreExceptions() // PostgreSQL may refuse a first connection
        .until(() -> {
          set(node, customer("third"), later);
          return true;
        });
    inTime().until(() -> ringer.rings(customer("third")).size() == 1);
    assertThat(told.ours).hasSize(2);
    assertThat(told.ours.poll()).startsWith("WARN no alarm rings until the database answers again");
    assertThat(told.ours.poll()).isEqualTo("INFO alarms ring again");
    assertThat(told.dbScheduler).isEmpty();
  }

  /** What is logged about alarms, on whatever thread; no other test of this JVM runs meanwhile. */
  private static final class Told extends ListAppender<ILoggingEvent> {
    private final ConcurrentLinkedQueue<String> ours = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> dbScheduler = new ConcurrentLinkedQueue<>();

    @Override
    protected void append(ILoggingEvent event) {
      if (event.getLoggerName().equals(QuietPolling.class.getName())
          && event.getLevel().isGreaterOrEqual(Level.INFO)) {
        ours.add(event.getLevel() + " " + event.getFormattedMessage());
      } else if (event.getLoggerName().startsWith("com.github.kagkarlsson")) {
        dbScheduler.add(event.getLevel() + " " + event.getFormattedMessage());
      }
    }
  }

  // ------------------------------------------------------------------------------------------
  // many at once

  @Test
  void what_waits_is_set_as_one_transaction_and_what_is_too_much_is_refused() throws Exception {
    JdbcAlarms node = node(Map.of("quotastack.alarms.queue", 50));
    Instant due = Instant.now().plusSeconds(3_600);
    var waiting = new ArrayList<CompletableFuture<?>>();
    CompletableFuture<?> first;
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("LOCK TABLE scheduled_tasks IN EXCLUSIVE MODE");
      first = node.set(customer("in front"), due).toCompletableFuture();
      inTime().until(() -> !query("SELECT 1 FROM pg_locks WHERE NOT granted").equals("none"));
      for (int i = 0; i < 50; i++) {
        waiting.add(node.set(customer("customer " + i), due).toCompletableFuture());
      }
      CompletableFuture<?> tooMuch = node.set(customer("one more"), due).toCompletableFuture();
      assertThatThrownBy(tooMuch::join).hasCauseInstanceOf(JournalUnavailableException.class);
      assertThat(waiting).noneMatch(CompletableFuture::isDone);
      connection.rollback();
    }

    first.orTimeout(30, TimeUnit.SECONDS).join();
    CompletableFuture.allOf(waiting.toArray(CompletableFuture<?>[]::new))
        .orTimeout(30, TimeUnit.SECONDS)
        .join();
    assertThat(rows()).isEqualTo(51);
    assertThat(query("SELECT count(DISTINCT xmin::text) FROM scheduled_tasks")).isEqualTo("2");
  }

  @Test
  void a_node_that_has_ended_sets_no_more() {
    JdbcAlarms node = node();
    set(node, customer("acme"), Instant.now().plusSeconds(60));
    node.close();

    CompletableFuture<?> late = node.set(customer("late"), Instant.now()).toCompletableFuture();

    assertThatThrownBy(() -> late.orTimeout(10, TimeUnit.SECONDS).join())
        .hasCauseInstanceOf(JournalUnavailableException.class);
    assertThat(rows()).isEqualTo(1);
  }
}
