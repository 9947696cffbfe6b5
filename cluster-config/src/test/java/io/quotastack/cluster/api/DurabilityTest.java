package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import io.quotastack.cluster.TestNode;
import io.quotastack.cluster.api.Writes.Write;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import io.quotastack.engine.customer.CustomerMessage;
import io.quotastack.engine.tenant.TenantMessage;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.ShardRegion.CurrentShardRegionState;
import org.apache.pekko.cluster.sharding.typed.GetShardRegionState;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What was answered stays so: after its actors left memory, after the node was started anew, and
 * when the database fails a write. On a node of its own, whose actors leave memory soon, beside the
 * shared one on the shared database.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DurabilityTest {
  private static final String IDLE_LIMIT =
      "pekko.cluster.sharding.passivation.quotastack.idle-entity.timeout";

  private final EmbeddedDatabase database = TestNode.shared().database();
  private TestNode node;
  private TestTenant tenant;
  private ApiClient api;

  DurabilityTest() {
    System.setProperty(IDLE_LIMIT, "400ms");
    ConfigFactory.invalidateCaches();
    try {
      node = TestNode.start(database);
    } finally {
      System.clearProperty(IDLE_LIMIT);
      ConfigFactory.invalidateCaches();
    }
    tenant = TestTenant.of(node);
    api = tenant.live();
  }

  @BeforeAll
  void makeMetric() {
    api.metric("tokens", "1");
  }

  @AfterAll
  void stop() {
    node.close();
  }

  private static ConditionFactory inTime() {
    return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(25));
  }

  // ------------------------------------------------------------------------------------------
  // restarts

  @Test
  void a_retry_after_a_restart_gets_the_same_bytes() {
    Writes.prepare(api);
    Map<Write, Answer> first = new LinkedHashMap<>();
    for (Write write : Writes.all(tenant)) {
      first.put(write, write.send(api, "key of " + write));
    }
    String batch = batch("restarted", 600, "1");
    api.grant("restarted", 1000);
    Answer firstBatch = api.post("/v1/usage/batch", batch, "batch").ok();
    Answer afterSnapshot =
        api.usage("restarted", "tokens", "5").idempotencyKey("single").send().created();

    Instant expiry = Instant.now().plusSeconds(3).truncatedTo(ChronoUnit.MILLIS);
    String effective = expiry.minusMillis(500).toString();
    api.grant("asleep", 10);
    api.grant("asleep", "{\"credits\": 100, \"expires_at\": \"%s\"}".formatted(expiry));
    api.grant(
        "asleep",
        "{\"credits\": 7, \"effective_at\": \"%s\", \"expires_at\": \"%s\"}"
            .formatted(effective, expiry));
    List<String> before = everything();

    node.close();
    node = node.startAgain();
    tenant = TestTenant.of(node);
    api = tenant.live();

    assertThat(everything()).isEqualTo(before);
    first.forEach(
        (write, answer) -> {
          Answer retry = write.send(api, "key of " + write).is(answer.status());
          assertThat(retry.body()).as(write.name()).isEqualTo(answer.body());
          assertThat(retry.isReplay()).as(write.name()).isTrue();
          write
              .sendOther(api, "key of " + write)
              .isProblem(422, "idempotency_key_reused");
        });
    Answer batchAgain = api.post("/v1/usage/batch", batch, "batch").ok();
    assertThat(batchAgain.number("/replayed")).isEqualTo(600);
    assertThat(batchAgain.at("/results").toString())
        .isEqualTo(firstBatch.at("/results").toString().replace("\"recorded\"", "\"replayed\""));
    assertThat(
            api.usage("restarted", "tokens", "5").idempotencyKey("single").send().created().body())
        .isEqualTo(afterSnapshot.body());
    assertThat(everything()).isEqualTo(before);
    for (String customer : List.of("writes", "restarted")) {
      assertThat(api.get(byExternalId(customer) + "/ledger/verify").ok().truth("/valid")).isTrue();
    }

    // What fell due while the node was away is dated as if it had been there.
    inTime().until(() -> Instant.now().isAfter(expiry));
    assertThat(api.balance("asleep")).isEqualTo(10);
    List<JsonNode> due = api.ledger("asleep").subList(3, 6);
    assertThat(due)
        .extracting(entry -> entry.path("type").textValue() + entry.path("delta").longValue())
        .containsExactly("grant7", "expire-100", "expire-7");
    assertThat(due)
        .extracting(entry -> entry.path("created_at").textValue())
        .containsExactly(millis(effective), millis(expiry.toString()), millis(expiry.toString()));
    assertThat(api.get(byExternalId("asleep") + "/ledger/verify").ok().truth("/valid")).isTrue();
  }

  private static String millis(String instant) {
    return instant.contains(".") ? instant : instant.replace("Z", ".000Z");
  }

  private static String batch(String customer, int size, String units) {
    return IntStream.range(0, size)
        .mapToObj(
            i ->
                "{\"external_customer_id\":\"%s\",\"billable_metric_key\":\"tokens\",\"units\":%s}"
                    .formatted(customer, units))
        .collect(Collectors.joining(",", "{\"events\":[", "]}"));
  }

  /** All that the writes have changed. */
  private List<String> everything() {
    var everything = new ArrayList<String>();
    for (String customer : List.of("writes", "writes new", "writes granted", "restarted")) {
      everything.add(api.get(byExternalId(customer)).ok().body());
      everything.add(api.get(byExternalId(customer) + "/credits?include_blocks=true").ok().body());
      everything.add(api.get(byExternalId(customer) + "/ledger?limit=3").ok().body());
    }
    everything.add(api.get("/v1/billable-metrics?limit=100").ok().body());
    everything.add(api.get("/v1/metering-rules?limit=100").ok().body());
    everything.add(api.get(tenant.configPath()).ok().text("/burn_order"));
    return everything;
  }

  // ------------------------------------------------------------------------------------------
  // passivation

  @Test
  void a_retry_after_the_customer_left_memory_gets_the_same_bytes() {
    Answer granted =
        api.post(byExternalId("sleepy") + "/credits/grant", "{\"credits\": 50}", "grant").created();
    Answer used = api.usage("sleepy", "tokens", "8").idempotencyKey("use").send().created();
    Answer credits = api.get(byExternalId("sleepy") + "/credits?include_blocks=true").ok();

    String id = tenant.id() + "|live|" + granted.text("/customer_id");
    inTime().until(() -> !inMemory(EntityTypeKey.create(CustomerMessage.class, "customer"), id));

    Answer again = api.usage("sleepy", "tokens", "8").idempotencyKey("use").send().created();
    assertThat(again.isReplay()).isTrue();
    assertThat(again.body()).isEqualTo(used.body());
    assertThat(
            api.post(byExternalId("sleepy") + "/credits/grant", "{\"credits\": 50}", "grant")
                .created()
                .body())
        .isEqualTo(granted.body());
    assertThat(api.get(byExternalId("sleepy") + "/credits?include_blocks=true").ok().body())
        .isEqualTo(credits.body());
  }

  @Test
  void a_retry_after_the_tenant_left_memory_gets_the_same_bytes() {
    String body = "{\"key\": \"sleepy\", \"name\": \"Sleepy\"}";
    Answer created = api.post("/v1/billable-metrics", body, "metric").created();
    String id = tenant.id() + "|live";
    inTime().until(() -> !inMemory(EntityTypeKey.create(TenantMessage.class, "tenant"), id));
    Answer again = api.post("/v1/billable-metrics", body, "metric").created();
    assertThat(again.isReplay()).isTrue();
    assertThat(again.body()).isEqualTo(created.body());
  }

  /** Whether the node has an actor of that id. */
  private boolean inMemory(EntityTypeKey<?> type, String entityId) {
    var system = node.node().system();
    CurrentShardRegionState region =
        AskPattern.<org.apache.pekko.cluster.sharding.typed.ClusterShardingQuery,
                CurrentShardRegionState>ask(
                ClusterSharding.get(system).shardState(),
                replyTo -> new GetShardRegionState(type, replyTo),
                Duration.ofSeconds(5),
                system.scheduler())
            .toCompletableFuture()
            .join();
    return region.getShards().stream()
        .anyMatch(shard -> shard.getEntityIds().contains(entityId));
  }

  // ------------------------------------------------------------------------------------------
  // failures

  @Test
  void more_writes_than_may_wait_for_one_customer_are_refused_and_leave_nothing_behind()
      throws SQLException {
    api.grant("crowded", 10_000);
    String batch = batch("crowded", 1000, "1");
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
  private Connection withNoWrites() throws SQLException {
    Connection connection = LedgerView.connect(database);
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
