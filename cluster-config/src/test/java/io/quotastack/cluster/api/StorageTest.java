package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quotastack.cluster.TestNode;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What clients meet when the database does not take writes for a while, or fails one. */
class StorageTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final EmbeddedDatabase DATABASE = TestNode.shared().database();

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetric() {
    TENANT.live().metric("tokens", "1");
  }

  private static ConditionFactory inTime() {
    return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(25));
  }

  @Test
  void more_writes_than_may_wait_for_one_customer_are_refused_and_leave_nothing_behind()
      throws SQLException {
    api.grant("crowded", 10_000);
    String batch = Writes.batch("crowded", "tokens", 1000);
    List<CompletableFuture<Answer>> batches;
    try (Connection lock = withNoWrites()) {
      // One is under way, four wait, and that is all.
      batches =
          IntStream.range(0, 6)
              .mapToObj(i -> api.request("POST", "/v1/usage/batch").json(batch).start())
              .toList();
      Answer refused = (Answer) CompletableFuture.anyOf(batches.toArray(CompletableFuture[]::new)).join();
      assertThat(refused.ok().number("/rejected")).isEqualTo(1000);
      assertThat(refused.text("/results/999/problem/type")).isEqualTo("/problems/overloaded");

      Answer single = api.use("crowded", "tokens", "1").isProblem(503, "overloaded");
      assertThat(single.headers().get("Retry-After")).isEqualTo("1");
      // Reads wait for nobody, and see what is durable.
      assertThat(api.balance("crowded")).isEqualTo(10_000);
      assertThat(
              api.get(byExternalId("crowded") + "/entitlements/tokens?units=10000")
                  .ok()
                  .truth("/allowed"))
          .isTrue();
      lock.rollback();
    }
    long recorded =
        batches.stream().mapToLong(answer -> answer.join().ok().number("/recorded")).sum();
    assertThat(recorded).isEqualTo(5000);
    assertThat(api.balance("crowded")).isEqualTo(5000);
    assertThat(api.use("crowded", "tokens", "1").created().number("/ledger_sequence"))
        .isEqualTo(5002);
    assertThat(api.get(byExternalId("crowded") + "/ledger/verify").ok().truth("/valid")).isTrue();
  }

  @Test
  void a_write_that_the_database_fails_is_not_done_and_its_retry_does_it_once() throws SQLException {
    api.grant("unlucky", 100);
    ApiClient.Request usage = api.usage("unlucky", "tokens", "7").idempotencyKey("k");
    try (Connection lock = withNoWrites();
        Statement statement = lock.createStatement()) {
      CompletableFuture<Answer> failing = usage.start();
      inTime().until(() -> endBlockedWrites(statement) > 0);
      Answer failed = failing.join().isProblem(503, "storage_unavailable");
      assertThat(failed.headers().get("Retry-After")).isEqualTo("1");
      lock.rollback();
    }
    inTime().until(() -> usage.send().status() == 201);
    assertThat(usage.send().created().isReplay()).isTrue();
    assertThat(api.balance("unlucky")).isEqualTo(93);
    assertThat(api.ledger("unlucky")).hasSize(2);
  }

  /** A transaction during which nobody can write into the journal; everybody can read. */
  private static Connection withNoWrites() throws SQLException {
    Connection connection = LedgerView.connect(DATABASE);
    connection.setAutoCommit(false);
    try (Statement lock = connection.createStatement()) {
      lock.execute("LOCK TABLE event_journal IN SHARE MODE");
    }
    return connection;
  }

  /** Cuts the connections that wait to write into the journal; says how many. */
  private static int endBlockedWrites(Statement statement) throws SQLException {
    int ended = 0;
    try (ResultSet row =
        statement.executeQuery(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                + " AND query ILIKE 'insert into%event_journal%'")) {
      while (row.next()) {
        ended += row.getBoolean(1) ? 1 : 0;
      }
    }
    return ended;
  }
}