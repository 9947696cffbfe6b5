package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The life of blocks: pending, active, burnt in order, expired; and the list of the live ones. */
class BlocksTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetrics() {
    TENANT.live().metric("tokens", "1");
    TENANT.live().metric("images", "1");
  }

  // ------------------------------------------------------------------------------------------
  // time

  @Test
  void what_a_block_still_has_is_gone_at_the_instant_of_its_expiry() {
    Instant expiry = soon(1_500);
    String block =
        api.grant("expiring", "{\"credits\": 1000, \"expires_at\": \"%s\"}".formatted(expiry))
            .text("/block/id");
    api.grant("expiring", 500);
    assertThat(api.use("expiring", "tokens", "300").created().amounts("/allocations"))
        .containsExactly(300L);
    assertThat(api.balance("expiring")).isEqualTo(1200);

    inTime().until(() -> api.balance("expiring") == 500);
    assertThat(Instant.now()).isAfterOrEqualTo(expiry);

    JsonNode entry = api.ledger("expiring").getLast();
    assertThat(entry.path("type").textValue()).isEqualTo("expire");
    assertThat(Instant.parse(entry.path("created_at").textValue())).isEqualTo(expiry);
    assertThat(entry.path("delta").longValue()).isEqualTo(-700);
    assertThat(entry.path("balance_after").longValue()).isEqualTo(500);
    assertThat(entry.path("reason").textValue()).isEqualTo("expired");
    assertThat(entry.path("reference").path("id").textValue()).isEqualTo(block);
    assertThat(entry.path("allocations").toString())
        .isEqualTo("[{\"block_id\":\"%s\",\"amount\":700}]".formatted(block));

    assertThat(api.get(byExternalId("expiring") + "/credits/blocks").ok().each("id"))
        .hasSize(1)
        .doesNotContain(block);
    Answer refused = api.use("expiring", "tokens", "501").isProblem(402, "insufficient_credits");
    assertThat(refused.number("/available")).isEqualTo(500);
    assertThat(api.get(byExternalId("expiring") + "/ledger/verify").ok().truth("/valid")).isTrue();
  }

  @Test
  void a_block_that_was_used_up_does_not_expire() {
    Instant expiry = soon(1_200);
    api.grant("used up", "{\"credits\": 10, \"expires_at\": \"%s\"}".formatted(expiry));
    api.use("used up", "tokens", "10").created();
    api.grant("used up", "{\"credits\": 20, \"expires_at\": \"%s\"}".formatted(expiry));
    inTime().until(() -> api.balance("used up") == 0);
    assertThat(api.ledger("used up"))
        .extracting(entry -> entry.path("delta").longValue())
        .containsExactly(10L, -10L, 20L, -20L);
  }

  @Test
  void a_pending_block_counts_from_the_instant_at_which_it_takes_effect() {
    Instant effective = soon(900);
    Answer granted =
        api.grant(
            "pending",
            """
            {"credits": 1000, "effective_at": "%s", "reason": "Later", "metadata": {"k": "v"}}
            """
                .formatted(effective));
    assertThat(granted.text("/block/status")).isEqualTo("pending");
    assertThat(granted.number("/balance")).isZero();
    assertThat(granted.number("/ledger_entry/delta")).isZero();
    assertThat(granted.amounts("/ledger_entry/allocations")).containsExactly(1000L);

    inTime().until(() -> api.balance("pending") == 1000);
    assertThat(Instant.now()).isAfterOrEqualTo(effective);

    List<JsonNode> ledger = api.ledger("pending");
    assertThat(ledger).hasSize(2);
    assertThat(ledger.getFirst()).isEqualTo(granted.at("/ledger_entry"));
    JsonNode entry = ledger.getLast();
    assertThat(entry.path("type").textValue()).isEqualTo("grant");
    assertThat(Instant.parse(entry.path("created_at").textValue())).isEqualTo(effective);
    assertThat(entry.path("delta").longValue()).isEqualTo(1000);
    assertThat(entry.path("reason").textValue()).isEqualTo("effective");
    assertThat(entry.path("metadata").toString()).isEqualTo("{\"k\":\"v\"}");
    assertThat(entry.path("reference")).isEqualTo(granted.at("/ledger_entry/reference"));
    assertThat(api.get(byExternalId("pending") + "/credits/blocks").ok().each("status"))
        .containsExactly("active");
    assertThat(api.use("pending", "tokens", "1000").created().number("/balance")).isZero();
  }

  @Test
  void a_pending_block_pays_for_nothing() {
    api.grant("waiting", "{\"credits\": 9, \"effective_at\": \"2100-01-01T00:00:00Z\"}");
    assertThat(
            api.use("waiting", "tokens", "1")
                .isProblem(402, "insufficient_credits")
                .number("/available"))
        .isZero();
    Answer check = api.get(byExternalId("waiting") + "/entitlements/tokens").ok();
    assertThat(check.truth("/allowed")).isFalse();
    assertThat(check.number("/affordable_units")).isZero();
  }

  @Test
  void what_is_due_is_written_on_time_also_when_nobody_asks() {
    Instant effective = soon(500);
    Instant expiry = effective.plusMillis(300);
    String customerId =
        api.grant(
                "unwatched",
                "{\"credits\": 42, \"effective_at\": \"%s\", \"expires_at\": \"%s\"}"
                    .formatted(effective, expiry))
            .text("/customer_id");

    var view = new LedgerView(TestNode.shared().database());
    inTime().until(() -> view.of(TENANT.id(), "live", customerId).size() == 3);
    assertThat(Instant.now()).isAfterOrEqualTo(expiry);
    assertThat(view.of(TENANT.id(), "live", customerId))
        .extracting(LedgerView.Row::type, LedgerView.Row::delta, LedgerView.Row::createdAt)
        .contains(tuple("grant", 42L, effective), tuple("expire", -42L, expiry));
  }

  private static Instant soon(long millis) {
    return Instant.now().plusMillis(millis).truncatedTo(ChronoUnit.MILLIS);
  }

  private static ConditionFactory inTime() {
    return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(20));
  }

  // ------------------------------------------------------------------------------------------
  // burn order

  /** The figure of the tour, granted in an order that is not the one of burning. */
  private static void grantTour(ApiClient client, String customer) {
    client.grant(customer, "{\"credits\": 1000, \"source\": \"topup\", \"reason\": \"wallet\"}");
    client.grant(
        customer,
        """
        {"credits": 1000, "source": "plan", "priority": 10, "reason": "plan",
         "expires_at": "2101-04-01T00:00:00Z"}
        """);
    client.grant(
        customer,
        """
        {"credits": 1000, "reason": "promo", "expires_at": "2101-03-01T00:00:00Z"}
        """);
    client.grant(
        customer,
        """
        {"credits": 1000, "source": "trial", "reason": "trial",
         "expires_at": "2101-01-15T00:00:00Z"}
        """);
  }

  /** Which blocks a usage event took how much from, in its order, by the reasons of the blocks. */
  private static String burnt(ApiClient client, String customer, String units) {
    JsonNode blocks =
        client.get(byExternalId(customer) + "/credits?include_blocks=true").ok().at("/blocks");
    var burnt = new StringBuilder();
    for (JsonNode allocation : client.use(customer, "tokens", units).created().at("/allocations")) {
      for (JsonNode block : blocks) {
        if (block.path("id").equals(allocation.path("block_id"))) {
          burnt
              .append(burnt.isEmpty() ? "" : ", ")
              .append(block.path("reason").textValue())
              .append(' ')
              .append(allocation.path("amount").longValue());
        }
      }
    }
    return burnt.toString();
  }

  @Test
  void the_tour_burns_trial_then_promo_then_plan_then_wallet() {
    grantTour(api, "tour");
    assertThat(api.get(byExternalId("tour") + "/credits/blocks").ok().each("reason"))
        .containsExactly("trial", "promo", "plan", "wallet");
    assertThat(burnt(api, "tour", "400")).isEqualTo("trial 400");
    assertThat(burnt(api, "tour", "1100")).isEqualTo("trial 600, promo 500");
    assertThat(burnt(api, "tour", "500")).isEqualTo("promo 500");
    assertThat(burnt(api, "tour", "1001")).isEqualTo("plan 1000, wallet 1");
    assertThat(burnt(api, "tour", "999")).isEqualTo("wallet 999");
    assertThat(api.balance("tour")).isZero();
  }

  @Test
  void one_debit_goes_through_all_blocks_that_it_needs() {
    grantTour(api, "gulp");
    assertThat(burnt(api, "gulp", "3500"))
        .isEqualTo("trial 1000, promo 1000, plan 1000, wallet 500");
  }

  @Test
  void the_priority_comes_first_where_the_tenant_wants_it_so() {
    TestTenant own = TestTenant.in(TestNode.shared());
    ApiClient client = own.live();
    client.metric("tokens", "1");
    grantTour(client, "tour");
    assertThat(burnt(client, "tour", "100")).isEqualTo("trial 100");

    assertThat(client.get(own.configPath()).ok().text("/burn_order")).isEqualTo("expiry_first");
    Answer changed = client.patch(own.configPath(), "{\"burn_order\": \"priority_first\"}").ok();
    assertThat(changed.text("/burn_order")).isEqualTo("priority_first");
    assertThat(client.get(own.configPath()).ok().body()).isEqualTo(changed.body());

    // At once, also for blocks that were granted before.
    assertThat(client.get(byExternalId("tour") + "/credits/blocks").ok().each("reason"))
        .containsExactly("trial", "promo", "wallet", "plan");
    assertThat(burnt(client, "tour", "2500")).isEqualTo("trial 900, promo 1000, wallet 600");

    client.patch(own.configPath(), "{\"burn_order\": \"expiry_first\"}").ok();
    assertThat(burnt(client, "tour", "1100")).isEqualTo("plan 1000, wallet 100");
    // The other environment has settings of its own.
    assertThat(own.test().get(own.configPath()).ok().number("/version")).isEqualTo(1);
  }

  @Test
  void a_burn_order_that_does_not_exist_is_refused() {
    api.patch(TENANT.configPath(), "{\"burn_order\": \"random\"}").isInvalid("/burn_order");
    api.patch(TENANT.configPath(), "{\"burnorder\": \"expiry_first\"}").isInvalid("/burnorder");
    assertThat(api.patch(TENANT.configPath(), "{}").ok().text("/burn_order"))
        .isEqualTo("expiry_first");
  }

  @Test
  void free_blocks_burn_before_paid_ones_and_older_before_younger() {
    api.grant("ties", "{\"credits\": 10, \"reason\": \"paid\", \"price_paid\": 1}");
    api.grant("ties", "{\"credits\": 10, \"reason\": \"older\"}");
    api.grant("ties", "{\"credits\": 10, \"reason\": \"younger\", \"price_paid\": 0}");
    api.grant("ties", "{\"credits\": 10, \"reason\": \"unimportant\", \"priority\": 1}");
    assertThat(burnt(api, "ties", "39")).isEqualTo("older 10, younger 10, paid 10, unimportant 9");
  }

  @Test
  void a_block_with_metric_keys_pays_for_these_metrics_only() {
    api.grant(
        "scoped",
        """
        {"credits": 100, "reason": "images", "metric_keys": ["images", "not_there_yet"]}
        """);
    api.grant(
        "scoped",
        """
        {"credits": 100, "reason": "both", "metric_keys": ["tokens", "images"],
         "expires_at": "2101-01-01T00:00:00Z"}
        """);
    api.grant("scoped", "{\"credits\": 100, \"reason\": \"any\"}");

    Answer refused = api.use("scoped", "tokens", "201").isProblem(402, "insufficient_credits");
    assertThat(refused.number("/required")).isEqualTo(201);
    assertThat(refused.number("/available")).isEqualTo(200);
    assertThat(refused.number("/shortfall")).isEqualTo(1);

    Answer check = api.get(byExternalId("scoped") + "/entitlements/tokens?units=201").ok();
    assertThat(check.truth("/allowed")).isFalse();
    assertThat(check.number("/affordable_units")).isEqualTo(200);
    assertThat(check.number("/effective_balance")).isEqualTo(300);
    assertThat(check.number("/balance_after")).isEqualTo(99);

    assertThat(burnt(api, "scoped", "150")).isEqualTo("both 100, any 50");
    assertThat(api.use("scoped", "images", "150").created().amounts("/allocations"))
        .containsExactly(100L, 50L);
    assertThat(api.balance("scoped")).isZero();
  }

  // ------------------------------------------------------------------------------------------
  // the list

  @Test
  void blocks_are_listed_in_pages_that_go_on_where_they_stopped_whatever_was_burnt_since() {
    for (int i = 0; i < 9; i++) {
      api.grant(
          "many",
          "{\"credits\": 10, \"reason\": \"%d\", \"expires_at\": \"210%d-01-01T00:00:00Z\"}"
              .formatted(i, i));
    }
    String path = byExternalId("many") + "/credits/blocks?limit=3";
    Answer first = api.get(path).ok();
    assertThat(first.each("reason")).containsExactly("0", "1", "2");
    assertThat(first.truth("/pagination/has_more")).isTrue();

    api.use("many", "tokens", "45").created(); // the whole first page and more
    api.grant("many", "{\"credits\": 10, \"reason\": \"last\"}");
    Answer second = api.get(path + "&cursor=" + first.text("/pagination/next_cursor")).ok();
    assertThat(second.each("reason")).containsExactly("4", "5", "6");
    assertThat(second.at("/data/0/remaining_amount").longValue()).isEqualTo(5);
    Answer third = api.get(path + "&cursor=" + second.text("/pagination/next_cursor")).ok();
    assertThat(third.each("reason")).containsExactly("7", "8", "last");
    assertThat(third.truth("/pagination/has_more")).isFalse();
    assertThat(third.textOrNull("/pagination/next_cursor")).isNull();
  }

  @Test
  void blocks_are_listed_by_status_and_20_at_a_time() {
    for (int i = 0; i < 21; i++) {
      api.grant("statuses", 10);
    }
    api.grant("statuses", "{\"credits\": 5, \"effective_at\": \"2100-01-01T00:00:00Z\"}");
    String path = byExternalId("statuses") + "/credits/blocks";
    assertThat(api.get(path + "?status=pending").ok().each("status")).containsExactly("pending");
    assertThat(api.list(path + "?status=active"))
        .hasSize(21)
        .allSatisfy(block -> assertThat(block.path("status").textValue()).isEqualTo("active"));
    assertThat(api.list(path)).hasSize(22);
    assertThat(api.get(path).ok().at("/data")).hasSize(20);
    assertThat(api.get(byExternalId("statuses") + "/credits").ok().json().has("blocks")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "status=Active, ?status",
    "status=, ?status",
    "status=exhausted&cursor=AQAGYmxvY2tzAAEx, ?cursor",
    "limit=0, ?limit",
    "limit=101, ?limit",
    "limit=ten, ?limit",
    "limit=1.5, ?limit",
    "cursor=, ?cursor",
    "cursor=AAAA, ?cursor",
    "cursor=AQAGbGVkZ2VyAAEx, ?cursor",
    "page=2, ?page",
    "limit=1&limit=2, ?limit",
    "status=pending&Status=active, ?Status",
  })
  void a_query_that_the_list_does_not_take_is_refused(String query, String pointer) {
    api.grant("queried", 10);
    api.get(byExternalId("queried") + "/credits/blocks?" + query).isInvalid(pointer);
  }

  @ParameterizedTest
  @CsvSource({
    "include_blocks=yes, ?include_blocks",
    "include_blocks=, ?include_blocks",
    "at=yesterday, ?at",
    "at=2026-01-01, ?at",
    "at=2100-01-01T00:00:00Z, ?at"
  })
  void a_query_that_the_balance_does_not_take_is_refused(String query, String pointer) {
    api.grant("queried", 10);
    api.get(byExternalId("queried") + "/credits?" + query).isInvalid(pointer);
  }
}
