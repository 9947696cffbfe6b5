package io.quotastack.cluster.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quotastack.cluster.TestNode;
import io.quotastack.engine.customer.CustomerMessage;
import io.quotastack.engine.ids.OwnedId;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.ShardRegion.CurrentShardRegionState;
import org.apache.pekko.cluster.sharding.typed.GetShardRegionState;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Two nodes on one database are one QuotaStack: whatever one acknowledged, the other knows. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TwoNodesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RESERVE_PATH = "/v1/reserve";

  private TestNode first;
  private TestNode second;
  private ApiClient client;
  private int keys;

  @BeforeAll
  void start() {
    first = TestNode.start();
    second = first.startAnother();
    client = new ApiClient(first.liveKey());
  }

  @AfterAll
  void stop() {
    try (TestNode one = first;
        TestNode other = second;
        ApiClient theirs = client) {
      assertThat(List.of(one, other, theirs)).doesNotContainNull();
    }
  }

  /** Does something twice, with the two nodes in either role. */
  private void bothWays(ThrowingPair action) throws IOException {
    action.with(first.baseUri(), second.baseUri());
    action.with(second.baseUri(), first.baseUri());
  }

  @FunctionalInterface
  private interface ThrowingPair {
    void with(URI one, URI other) throws IOException;
  }

  @Test
  void both_names_and_every_id_lead_to_the_same_customer_from_either_node() throws IOException {
    price("routed", 3);
    int customers = 40;
    for (int i = 0; i < customers; i++) {
      URI one = i % 2 == 0 ? first.baseUri() : second.baseUri();
      URI other = i % 2 == 0 ? second.baseUri() : first.baseUri();
      String name = "routed-" + i;
      JsonNode grant = created(grant(one, name, 1_000));
      String customerId = grant.required("customer_id").textValue();
      JsonNode usage = created(use(other, "customer_id", customerId, "routed", 2));
      assertThat(usage.required("balance").longValue()).isEqualTo(994);

      String byName = CustomerBook.path(name);
      String byId = "/v1/customers/" + customerId;
      for (String rest :
          List.of(
              "",
              "/credits?include_blocks=true",
              "/credits/blocks",
              "/ledger",
              "/ledger/verify",
              "/entitlements/routed?units=5")) {
        String seen = ok(client.get(one, byName + rest)).toString();
        assertThat(ok(client.get(other, byName + rest))).hasToString(seen);
        assertThat(ok(client.get(one, byId + rest))).hasToString(seen);
        assertThat(ok(client.get(other, byId + rest))).hasToString(seen);
      }
      String entry = "/v1/ledger/" + usage.required("ledger_entry_id").textValue();
      assertThat(ok(client.get(one, entry))).isEqualTo(ok(client.get(other, entry)));

      var owner = UUID.fromString(customerId);
      assertOwner(owner, OwnedId.Kind.USAGE_EVENT, usage.required("usage_event_id"));
      assertOwner(owner, OwnedId.Kind.LEDGER_ENTRY, usage.required("ledger_entry_id"));
      assertOwner(owner, OwnedId.Kind.BLOCK, grant.required("block").required("id"));
    }
    int onFirst = customersOn(first);
    int onSecond = customersOn(second);
    assertThat(onFirst).as("customers on the first node").isPositive();
    assertThat(onSecond).as("customers on the second node").isPositive();
    assertThat(onFirst + onSecond).isGreaterThanOrEqualTo(customers);
  }

  private static void assertOwner(UUID customer, OwnedId.Kind kind, JsonNode id) {
    OwnedId parsed = kind.parse(id.textValue());
    assertThat(parsed).isNotNull();
    assertThat(parsed.customerId()).isEqualTo(customer);
  }

  private static int customersOn(TestNode node) {
    var system = node.node().system();
    EntityTypeKey<CustomerMessage> customers =
        EntityTypeKey.create(CustomerMessage.class, "customer");
    CurrentShardRegionState state =
        AskPattern
            .<org.apache.pekko.cluster.sharding.typed.ClusterShardingQuery, CurrentShardRegionState>
                ask(
                    ClusterSharding.get(system).shardState(),
                    replyTo -> new GetShardRegionState(customers, replyTo),
                    Duration.ofSeconds(10),
                    system.scheduler())
            .toCompletableFuture()
            .join();
    return state.getShards().stream().mapToInt(shard -> shard.getEntityIds().size()).sum();
  }

  @Test
  void a_price_made_through_one_node_prices_the_next_usage_through_the_other() throws IOException {
    metric("repriced");
    created(grant(first.baseUri(), "repriced", 1_000_000));
    for (int price = 1; price <= 50; price += 2) {
      int odd = price;
      int even = price + 1;
      reprice(first.baseUri(), second.baseUri(), odd);
      reprice(second.baseUri(), first.baseUri(), even);
    }
  }

  private void reprice(URI one, URI other, int priceMc) throws IOException {
    JsonNode rule =
        created(client.post(one, "/v1/metering-rules", key(), rule("repriced", priceMc)));
    JsonNode usage = created(use(other, "external_customer_id", "repriced", "repriced", 10));
    assertThat(usage.required("cost").longValue()).isEqualTo(10L * priceMc);
    assertThat(usage.required("rule_version")).isEqualTo(rule.required("version"));
    JsonNode entitled =
        ok(client.get(other, CustomerBook.path("repriced") + "/entitlements/repriced?units=3"));
    assertThat(entitled.required("estimated_cost").longValue()).isEqualTo(3L * priceMc);
  }

  @Test
  void a_setting_changed_through_one_node_governs_the_next_usage_through_the_other()
      throws IOException {
    price("ordered", 1);
    String path = CustomerBook.path("ordered") + "/credits/grant";
    JsonNode soon =
        created(
            client.post(
                first.baseUri(),
                path,
                key(),
                "{\"credits\": 1000, \"priority\": 9, \"expires_after_seconds\": 86400}"));
    JsonNode preferred =
        created(client.post(first.baseUri(), path, key(), "{\"credits\": 1000, \"priority\": 1}"));
    for (int i = 0; i < 10; i++) {
      bothWays((one, other) -> {
        configure(one, "priority_first");
        assertThat(spentFrom(other)).isEqualTo(preferred.required("block").required("id"));
        configure(one, "expiry_first");
        assertThat(spentFrom(other)).isEqualTo(soon.required("block").required("id"));
      });
    }
  }

  private void configure(URI node, String burnOrder) throws IOException {
    ok(
        client.patch(
            node,
            "/v1/tenants/" + first.tenantId() + "/config",
            key(),
            object().put("burn_order", burnOrder).toString()));
  }

  private JsonNode spentFrom(URI node) throws IOException {
    JsonNode usage = created(use(node, "external_customer_id", "ordered", "ordered", 1));
    return usage.required("allocations").required(0).required("block_id");
  }

  @Test
  void a_read_includes_what_was_acknowledged_through_the_other_node() throws IOException {
    long[] balances = new long[10];
    for (int i = 0; i < 100; i++) {
      int customer = i % balances.length;
      String name = "read-" + customer;
      bothWays((one, other) -> {
        created(grant(one, name, 7));
        balances[customer] += 7;
        JsonNode credits = ok(client.get(other, CustomerBook.path(name) + "/credits"));
        assertThat(credits.required("balance").longValue()).isEqualTo(balances[customer]);
      });
    }
  }

  @Test
  void a_hold_made_through_one_node_is_committed_through_the_other() throws IOException {
    price("held", 3);
    for (int i = 0; i < 20; i++) {
      String name = "held-" + i;
      bothWays((one, other) -> {
        created(grant(one, name, 1_000));
        String reservation = reserve(one, name, "held", 100);
        assertThat(ok(client.get(other, reservation)).required("held").intValue()).isEqualTo(300);
        String part = "{\"actual_units\": 10, \"final\": false}";
        ok(client.post(other, reservation + "/commit", key(), part));
        JsonNode committed =
            ok(client.post(one, reservation + "/commit", key(), "{\"actual_units\": 50}"));
        assertThat(committed.required("captured").intValue()).isEqualTo(180);
        assertThat(committed.required("returned").intValue()).isEqualTo(120);
        Answer again = client.post(other, reservation + "/commit", key(), "{}");
        assertThat(again.status()).as("%s", again).isEqualTo(409);
      });
      JsonNode credits = ok(client.get(second.baseUri(), CustomerBook.path(name) + "/credits"));
      assertThat(credits.required("balance").intValue()).isEqualTo(2_000 - 360);
      assertThat(credits.required("reserved_balance").intValue()).isZero();
    }
  }

  @Test
  void a_hold_survives_that_the_node_which_owns_it_stops_in_good_order() throws IOException {
    int customers = 20;
    try (TestNode staying = TestNode.start();
        TestNode leaving = staying.startAnother();
        var theirs = new ApiClient(staying.liveKey())) {
      var reservations = new ArrayList<String>();
      for (int i = 0; i < customers; i++) {
        String name = "left-" + i;
        String grant = CustomerBook.path(name) + "/credits/grant";
        created(theirs.post(leaving.baseUri(), grant, key(), "{\"credits\": 1000}"));
        String reserve = "{\"external_customer_id\": \"%s\", \"credits\": 600}".formatted(name);
        JsonNode reserved = created(theirs.post(leaving.baseUri(), RESERVE_PATH, key(), reserve));
        reservations.add(RESERVE_PATH + "/" + reserved.required("reservation_id").textValue());
      }
      assertThat(customersOn(leaving)).as("customers on the node that stops").isPositive();
      leaving.node().stop();
      for (int i = 0; i < customers; i++) {
        JsonNode credits =
            ok(theirs.get(staying.baseUri(), CustomerBook.path("left-" + i) + "/credits"));
        assertThat(credits.required("effective_balance").intValue()).isEqualTo(400);
        JsonNode committed =
            ok(
                theirs.post(
                    staying.baseUri(),
                    reservations.get(i) + "/commit",
                    key(),
                    "{\"credits\": 250}"));
        assertThat(committed.required("effective_balance").intValue()).isEqualTo(750);
      }
      assertThat(customersOn(staying)).isEqualTo(customers);
    }
  }

  @Test
  void an_answer_is_replayed_by_either_node() throws IOException {
    price("replayed", 3);
    String customer = CustomerBook.path("replayed");
    created(grant(first.baseUri(), "replayed", 1_000_000));
    String grant =
        """
        {"credits": 5000, "priority": 3, "price_paid": "9.990", "currency": "EUR", "reason": "ü",
         "metric_keys": ["zebras", "replayed", "apples", "calls"],
         "metadata": {"zeta": "1", "alpha": "2", "mu": "3"}}
        """;
    String usage =
        """
        {"external_customer_id": "replayed", "billable_metric_key": "replayed", "units": "1.50",
         "properties": {"zeta": "1", "alpha": "2"}, "metadata": {"mu": "3", "beta": "4"}}
        """;
    bothWays((one, other) -> {
      String key = key();
      String metric = key.replace('-', '_');
      replays(one, other, customer + "/credits/grant", grant, client::post);
      replays(one, other, "/v1/usage", usage, client::post);
      String reserve = "{\"external_customer_id\": \"replayed\", \"credits\": 50}";
      replays(one, other, RESERVE_PATH, reserve, client::post);
      String reservation = reserve(one, "replayed", "replayed", 5);
      replays(other, one, reservation + "/extend", "{\"ttl_seconds\": 600}", client::post);
      String part = "{\"actual_units\": \"1.50\", \"final\": false}";
      replays(one, other, reservation + "/commit", part, client::post);
      replays(other, one, reservation + "/commit", "{}", client::post);
      String released = reserve(one, "replayed", "replayed", 5);
      replays(other, one, released + "/release", "{\"reason\": \"ü\"}", client::post);
      String topup =
          object()
              .put("external_customer_id", "replayed")
              .put("credits", 5)
              .put("external_payment_id", key)
              .toString();
      replays(one, other, "/v1/topup/grant", topup, client::post);
      replays(one, other, "/v1/customers", "{\"external_id\": \"" + key + "\"}", client::post);
      replays(one, other, "/v1/customers", "{\"metadata\": {\"b\": \"\"}}", client::post);
      replays(one, other, customer, "{\"display_name\": \"" + key + "\"}", client::patch);
      replays(
          one,
          other,
          "/v1/billable-metrics",
          object().put("key", metric).put("name", key).toString(),
          client::post);
      replays(one, other, "/v1/metering-rules", rule(metric, 5), client::post);
      replays(
          one,
          other,
          "/v1/billable-metrics/" + metric,
          "{\"description\": \"changed\"}",
          client::patch);
      replays(
          one,
          other,
          "/v1/tenants/" + first.tenantId() + "/config",
          "{\"burn_order\": \"expiry_first\"}",
          client::patch);
    });
  }

  /** How a request is sent. */
  @FunctionalInterface
  private interface Method {
    Answer send(URI node, String path, String key, String body) throws IOException;
  }

  private void replays(URI one, URI other, String path, String body, Method method)
      throws IOException {
    String key = key();
    Answer original = method.send(one, path, key, body);
    assertThat(original.status()).as("%s: %s", path, original).isIn(200, 201);
    assertThat(original.replayed()).isFalse();
    for (URI node : List.of(other, one)) {
      Answer again = method.send(node, path, key, body);
      assertThat(again.status()).isEqualTo(original.status());
      assertThat(again.body()).isEqualTo(original.body());
      assertThat(again.replayed()).isTrue();
    }
    Answer reused = method.send(other, path, key, body.replaceFirst("\\{", "{ "));
    assertThat(reused.status()).as("%s", reused).isEqualTo(422);
  }

  @Test
  void a_batch_of_the_largest_size_is_recorded_and_replayed_through_either_node()
      throws IOException {
    price("batched", 1);
    // Several customers, so that some live on each node.
    for (int i = 0; i < 4; i++) {
      String name = "batched-" + i;
      created(grant(first.baseUri(), name, 1_000_000));
      bothWays((one, other) -> {
        String key = key();
        String batch = largestBatch(name);
        JsonNode recorded = ok(client.post(one, Operation.BATCH_PATH, key, batch));
        assertThat(recorded.required("recorded").intValue()).isEqualTo(1_000);
        JsonNode replayed = ok(client.post(other, Operation.BATCH_PATH, key, batch));
        assertThat(replayed.required("replayed").intValue()).isEqualTo(1_000);
        for (JsonNode results : List.of(recorded, replayed)) {
          results.required("results").forEach(result -> ((ObjectNode) result).remove("status"));
        }
        assertThat(replayed.required("results")).isEqualTo(recorded.required("results"));
      });
    }
  }

  /** Just below 1 MiB. */
  private String largestBatch(String customer) {
    ObjectNode batch = object();
    var events = batch.putArray("events");
    for (int i = 0; i < 1_000; i++) {
      events
          .addObject()
          .put("external_customer_id", customer)
          .put("billable_metric_key", "batched")
          .put("timestamp", first.engine().clock().instant().toString())
          .putObject("metadata")
          .put("filling", "x".repeat(500))
          .put("more", "y".repeat(350));
    }
    return batch.toString();
  }

  private void price(String metric, int priceMc) throws IOException {
    metric(metric);
    created(client.post(first.baseUri(), "/v1/metering-rules", key(), rule(metric, priceMc)));
  }

  private void metric(String metric) throws IOException {
    created(
        client.post(
            first.baseUri(),
            "/v1/billable-metrics",
            key(),
            object().put("key", metric).put("name", metric).toString()));
  }

  private static String rule(String metric, int priceMc) {
    return object()
        .put("billable_metric_key", metric)
        .put("cost_type", "per_unit")
        .put("unit_cost", priceMc)
        .toString();
  }

  private Answer grant(URI node, String customer, long amountMc) throws IOException {
    return client.post(
        node,
        CustomerBook.path(customer) + "/credits/grant",
        key(),
        object().put("credits", amountMc).toString());
  }

  private Answer use(URI node, String nameKind, String name, String metric, int units)
      throws IOException {
    return client.post(
        node,
        "/v1/usage",
        key(),
        object()
            .put(nameKind, name)
            .put("billable_metric_key", metric)
            .put("units", units)
            .toString());
  }

  /** Holds what so many units cost; returns the path of the reservation. */
  private String reserve(URI node, String customer, String metric, int units) throws IOException {
    JsonNode reserved =
        created(
            client.post(
                node,
                RESERVE_PATH,
                key(),
                object()
                    .put("external_customer_id", customer)
                    .put("billable_metric_key", metric)
                    .put("estimated_units", units)
                    .toString()));
    return RESERVE_PATH + "/" + reserved.required("reservation_id").textValue();
  }

  private static JsonNode created(Answer answer) {
    assertThat(answer.status()).as("%s", answer).isEqualTo(201);
    return answer.json();
  }

  private static JsonNode ok(Answer answer) {
    assertThat(answer.status()).as("%s", answer).isEqualTo(200);
    return answer.json();
  }

  private String key() {
    keys++;
    return "key-" + keys;
  }

  private static ObjectNode object() {
    return JSON.createObjectNode();
  }
}
