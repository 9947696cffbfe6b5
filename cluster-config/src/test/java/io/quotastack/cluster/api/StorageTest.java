package io.quotastack.cluster.api;

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
    api.grant("crowded", 11);
    String batch = Writes.batch("crowded", "tokens", 1000);
    CompletableFuture<Answer> underWay;
    List<CompletableFuture<Answer>> batches;
    try (Connection lock = withNoWrites()) {
      underWay = api.usage("crowded", "tokens", "1").start();
      inTime().until(() -> blockedWrites("count(*)") == 1);
      // Four batches may wait behind it; the fifth, whichever that is, finds no room.
      batches =
          IntStream.range(0, 5)
              .mapToObj(i -> api.request("POST", "/v1/usage/batch").json(batch).start())
              .toList();
      CompletableFuture.anyOf(batches.toArray(CompletableFuture[]::new)).join();

      Answer single = api.use("crowded", "tokens", "1").isProblem(503, "overloaded");
      assertThat(single.headers().get("Retry-After")).isEqualTo("1");
      // Reads wait for nobody, and see what is durable.
      assertThat(api.balance("crowded")).isEqualTo(11);
      assertThat(underWay).isNotDone();
      lock.rollback();
    }
    assertThat(underWay.join().created().number("/balance")).isEqualTo(10);
    List<Answer> answers = batches.stream().map(CompletableFuture::join).toList();
    assertThat(answers.stream().mapToLong(answer -> answer.ok().number("/recorded")).sum())
        .isEqualTo(10);
    assertThat(answers)
        .filteredOn(answer -> answer.body().contains("/problems/overloaded"))
        .singleElement()
        .satisfies(refused -> {
          assertThat(refused.number("/rejected")).isEqualTo(1000);
          assertThat(refused.at("/results"))
              .extracting(result -> result.at("/problem/type").textValue())
              .containsOnly("/problems/overloaded");
        });
    assertThat(api.balance("crowded")).isZero();
    assertThat(api.ledger("crowded")).hasSize(12);
  }

  @Test
  void a_write_that_the_database_fails_is_not_done_and_its_retry_does_it_once()
      throws SQLException {
    api.grant("unlucky", 100);
    ApiClient.Request usage = api.usage("unlucky", "tokens", "7").idempotencyKey("k");
    try (Connection lock = withNoWrites()) {
      CompletableFuture<Answer> failing = usage.start();
      inTime().until(() -> blockedWrites("count(pg_terminate_backend(pid))") == 1);
      Answer failed = failing.join().isProblem(503, "storage_unavailable");
      assertThat(failed.headers().get("Retry-After")).isEqualTo("1");
      lock.rollback();
    }
    inTime().until(() -> usage.send().status() == 201);
    assertThat(usage.send().created().isReplay()).isTrue();
    assertThat(api.balance("unlucky")).isEqualTo(93);
    assertThat(api.ledger("unlucky")).hasSize(2);
  }

  @Test
  void a_change_of_the_tenant_that_the_database_fails_is_told_at_once_and_its_retry_does_it_once()
      throws SQLException {
    ApiClient.Request change =
        api.request("POST", "/v1/billable-metrics")
            .json("{\"key\": \"unlucky\", \"name\": \"Unlucky\"}")
            .idempotencyKey("k");
    try (Connection lock = withNoWrites()) {
      CompletableFuture<Answer> failing = change.start();
      inTime().until(() -> blockedWrites("count(pg_terminate_backend(pid))") == 1);
      Answer failed = failing.join().isProblem(503, "storage_unavailable");
      assertThat(failed.headers().get("Retry-After")).isEqualTo("1");
      lock.rollback();
    }
    inTime().until(() -> change.send().status() == 201);
    assertThat(change.send().created().isReplay()).isTrue();
    assertThat(api.list("/v1/billable-metrics"))
        .filteredOn(metric -> metric.path("key").textValue().equals("unlucky"))
        .hasSize(1);
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

  /** Asks for an aggregate over the connections that wait to write into the journal. */
  private static long blockedWrites(String aggregate) throws SQLException {
    // Each time on a connection of its own: within one transaction the view does not change.
    try (Connection connection = LedgerView.connect(DATABASE);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT %s FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                        .formatted(aggregate)
                    + " AND query ILIKE 'insert into%event_journal%'")) {
      row.next();
      return row.getLong(1);
    }
  }
}
