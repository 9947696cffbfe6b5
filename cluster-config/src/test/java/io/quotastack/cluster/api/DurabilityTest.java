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
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.Environment;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.tenant.TenantMessage;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.ShardRegion.CurrentShardRegionState;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingQuery;
import org.apache.pekko.cluster.sharding.typed.GetShardRegionState;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What was answered stays so after its actors left memory and after the node was started anew. On a
 * node of its own, whose actors leave memory soon. On a database of its own too: the nodes of a
 * database are to be one cluster, as each rings whatever customer has an alarm.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DurabilityTest {
  private static final String IDLE_LIMIT =
      "pekko.cluster.sharding.passivation.quotastack.idle-entity.timeout";

  private final EmbeddedDatabase database = EmbeddedDatabase.temporary();
  private TestNode node;
  private TestTenant tenant;
  private ApiClient api;

  DurabilityTest() {
    // In a JVM that has never run a node, actors would leave memory before their first answer.
    assertThat(TestNode.shared().node().httpPort()).isPositive();
    use(() -> TestNode.start(database));
  }

  private void use(Supplier<TestNode> start) {
    System.setProperty(IDLE_LIMIT, "400ms");
    ConfigFactory.invalidateCaches();
    try {
      node = start.get();
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
    database.close();
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
    String batch = Writes.batch("restarted", "tokens", 600);
    api.grant("restarted", 1000);
    Answer firstBatch = api.post("/v1/usage/batch", batch, "batch").ok();
    Answer afterSnapshot =
        api.usage("restarted", "tokens", "5").idempotencyKey("single").send().created();

    api.metric("pinned", "2");
    api.grant("holding", 1000);
    String held = reserve("holding", 40);
    String partlyHeld = reserve("holding", 20);
    commit(partlyHeld, "{\"actual_units\": 5, \"final\": false}");
    Answer paid = topup("paying", "\"credits\": 500, \"price_paid\": \"9.90\"", "first").created();

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
    use(node::startAgain);

    assertThat(everything()).isEqualTo(before);
    first.forEach((write, answer) -> {
      Answer retry = write.send(api, "key of " + write).is(answer.status());
      assertThat(retry.body()).as(write.name()).isEqualTo(answer.body());
      assertThat(retry.isReplay()).as(write.name()).isTrue();
      write.sendOther(api, "key of " + write).isProblem(422, "idempotency_key_reused");
    });
    Answer batchAgain = api.post("/v1/usage/batch", batch, "batch").ok();
    assertThat(batchAgain.number("/replayed")).isEqualTo(600);
    assertThat(batchAgain.at("/results").toString())
        .isEqualTo(firstBatch.at("/results").toString().replace("\"recorded\"", "\"replayed\""));
    assertThat(
            api.usage("restarted", "tokens", "5").idempotencyKey("single").send().created().body())
        .isEqualTo(afterSnapshot.body());
    assertThat(everything()).isEqualTo(before);

    // What was held is committed at the price of then, a payment stays granted.
    api.price("pinned", "9");
    assertThat(api.get(byExternalId("holding") + "/credits").ok().number("/reserved_balance"))
        .isEqualTo(2 * (40 + 15));
    assertThat(commit(held, "{\"actual_units\": 41}").number("/cost")).isEqualTo(82);
    Answer rest = commit(partlyHeld, "{}");
    assertThat(rest.number("/cost")).isEqualTo(30);
    assertThat(rest.number("/captured")).isEqualTo(40);
    assertThat(rest.number("/balance")).isEqualTo(1000 - 82 - 40);
    Answer redelivered =
        topup("paying", "\"credits\": 500, \"price_paid\": 9.9", "second").created();
    assertThat(redelivered.isReplay()).isTrue();
    assertThat(redelivered.body()).isEqualTo(paid.body());
    assertThat(
            topup("paying", "\"credits\": 501, \"price_paid\": 9.9", "third")
                .isProblem(409, "payment_conflict")
                .text("/topup_id"))
        .isEqualTo(paid.text("/topup_id"));
    assertThat(api.balance("paying")).isEqualTo(500);
    for (String customer : List.of("writes", "restarted", "holding", "paying")) {
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

  /** Holds what so many units cost, out of credits that are enough; the path of the hold. */
  private String reserve(String externalId, int units) {
    String reserve =
        """
        {"external_customer_id": "%s", "billable_metric_key": "pinned", "estimated_units": %d}
        """
            .formatted(externalId, units);
    return "/v1/reserve/" + api.post("/v1/reserve", reserve).created().text("/reservation_id");
  }

  private Answer commit(String reservation, String body) {
    return api.post(reservation + "/commit", body).ok();
  }

  private Answer topup(String externalId, String terms, String idempotencyKey) {
    String topup =
        """
        {"external_customer_id": "%s", %s, "currency": "EUR", "external_payment_id": "pi_1"}
        """
            .formatted(externalId, terms);
    return api.post("/v1/topup/grant", topup, idempotencyKey);
  }

  private static String millis(String instant) {
    return instant.contains(".") ? instant : instant.replace("Z", ".000Z");
  }

  /** All that the writes have changed. */
  private List<String> everything() {
    var everything = new ArrayList<String>();
    for (String customer : List.of("writes", "writes new", "writes granted", "restarted")) {
      everything.add(api.get(byExternalId(customer)).ok().body());
      everything.add(api.get(byExternalId(customer) + "/credits?include_blocks=true").ok().body());
      everything.add(api.get(byExternalId(customer) + "/ledger?limit=3").ok().body());
      everything.add(api.get(byExternalId(customer) + "/reservations?limit=100").ok().body());
    }
    everything.add(api.get(byExternalId("writes asked") + "/auto-topup").ok().body());
    everything.add(api.get("/v1/billable-metrics?limit=100").ok().body());
    everything.add(api.get("/v1/metering-rules?limit=100").ok().body());
    everything.add(api.get("/v1/topup/packages?limit=100").ok().body());
    everything.add(api.get(tenant.configPath()).ok().body());
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

  @Test
  void a_customer_that_left_memory_does_what_is_due_at_its_alarm_unasked() throws Exception {
    Instant expiry = Instant.now().plusSeconds(4).truncatedTo(ChronoUnit.MILLIS);
    String customerId =
        api.grant("due", "{\"credits\": 50, \"expires_at\": \"%s\"}".formatted(expiry))
            .text("/customer_id");
    CustomerRef customer =
        CustomerRef.ofExternalId(new TenantRef(tenant.id(), Environment.LIVE), "due");
    node.engine().alarms().set(customer, expiry).toCompletableFuture().join();
    inTime()
        .until(() ->
            !inMemory(
                EntityTypeKey.create(CustomerMessage.class, "customer"), customer.entityId()));
    assertThat(Instant.now()).as("nothing but the alarm can wake it").isBefore(expiry);

    var ledger = new LedgerView(database);
    inTime().until(() -> ledger.of(tenant.id(), "live", customerId).size() == 2);
    assertThat(Instant.now()).isBefore(expiry.plusSeconds(10));
    assertThat(api.ledger("due").getLast().path("created_at").textValue())
        .isEqualTo(millis(expiry.toString()));
  }

  /** Whether the node has an actor of that id. */
  private boolean inMemory(EntityTypeKey<?> type, String entityId) {
    var system = node.node().system();
    CurrentShardRegionState region =
        AskPattern.<ClusterShardingQuery, CurrentShardRegionState>ask(
                ClusterSharding.get(system).shardState(),
                replyTo -> new GetShardRegionState(type, replyTo),
                Duration.ofSeconds(5),
                system.scheduler())
            .toCompletableFuture()
            .join();
    return region.getShards().stream().anyMatch(shard -> shard.getEntityIds().contains(entityId));
  }
}
