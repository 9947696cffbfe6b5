package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static io.quotastack.cluster.api.ApiClient.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Use beyond the blocks: whether it is allowed, how far, how it is booked, and who pays it. */
class OverageTest {
  /** A tenant that allows overage; those that do not, or on other terms, are made where needed. */
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetrics() {
    TENANT.live().metric("tokens", "1");
    TENANT.live().metric("images", "1");
    TENANT.live().patch(TENANT.configPath(), "{\"overage_policy\": \"allow\"}").ok();
  }

  private static ApiClient tenantWith(String settings) {
    TestTenant tenant = TestTenant.in(TestNode.shared());
    tenant.live().metric("tokens", "1");
    tenant.live().patch(tenant.configPath(), settings).ok();
    return tenant.live();
  }

  private static void customer(ApiClient api, String name, String members) {
    api.post("/v1/customers", "{\"external_id\": %s%s}".formatted(quoted(name), members)).created();
  }

  private static void isRefused(Answer answer, long required, long available) {
    answer.isProblem(402, "insufficient_credits");
    assertThat(answer.number("/required")).isEqualTo(required);
    assertThat(answer.number("/available")).isEqualTo(available);
    assertThat(answer.number("/shortfall")).isEqualTo(required - available);
  }

  private static Answer check(ApiClient api, String customer, String query) {
    return api.get(byExternalId(customer) + "/entitlements/tokens" + query).ok();
  }

  // ------------------------------------------------------------------------------------------
  // policies

  @Test
  void what_the_blocks_do_not_have_is_booked_in_an_entry_of_its_own() {
    api.grant("beyond", 10);

    Answer used = api.use("beyond", "tokens", "25").created();

    assertThat(used.number("/cost")).isEqualTo(25);
    assertThat(used.amounts("/allocations")).containsExactly(10L);
    assertThat(used.number("/overage")).isEqualTo(15);
    assertThat(LedgerWords.balances(used)).isEqualTo("0/0/15");
    assertThat(used.number("/effective_balance")).isZero();
    assertThat(LedgerWords.ledger(api, "beyond"))
        .containsExactly("grant +10 -> 10/0/0", "debit -10 -> 0/0/0", "overage +0 -> 0/0/15");
    JsonNode overage = api.ledger("beyond").getLast();
    assertThat(overage.path("allocations")).isEmpty();
    assertThat(overage.path("reference").path("id")).isEqualTo(used.at("/usage_event_id"));
    Answer credits = api.get(byExternalId("beyond") + "/credits").ok();
    assertThat(LedgerWords.balances(credits)).isEqualTo("0/0/15");
    assertThat(credits.number("/lifetime_consumed")).isEqualTo(25);
  }

  @ParameterizedTest
  @ValueSource(strings = {"allow", "notify"})
  void a_customer_may_use_without_any_block_where_the_tenant_allows_it(String policy) {
    ApiClient client = tenantWith("{\"overage_policy\": \"%s\"}".formatted(policy));
    customer(client, "bare", "");
    assertThat(check(client, "bare", "?units=1000000").truth("/allowed")).isTrue();
    assertThat(client.use("bare", "tokens", "3").created().number("/overage")).isEqualTo(3);
    assertThat(client.use("bare", "tokens", "4").created().number("/overage_balance")).isEqualTo(7);
    assertThat(LedgerWords.ledger(client, "bare"))
        .containsExactly(
            "debit +0 -> 0/0/0", "overage +0 -> 0/0/3", "debit +0 -> 0/0/3", "overage +0 -> 0/0/7");
    assertThat(check(client, "bare", "").text("/overage_policy")).isEqualTo(policy);
  }

  @Test
  void the_policy_of_the_tenant_holds_from_the_next_request_on() {
    TestTenant tenant = TestTenant.in(TestNode.shared());
    ApiClient client = tenant.live();
    client.metric("tokens", "1");
    client.grant("acme", 1);
    isRefused(client.use("acme", "tokens", "2"), 2, 1);
    client.patch(tenant.configPath(), "{\"overage_policy\": \"allow\"}").ok();
    client.use("acme", "tokens", "2").created();
    client.patch(tenant.configPath(), "{\"overage_policy\": \"block\"}").ok();
    isRefused(client.use("acme", "tokens", "2"), 2, 0);
    assertThat(LedgerWords.balances(client, "acme")).isEqualTo("0/0/1");
  }

  @Test
  void a_customer_has_a_policy_of_its_own_until_it_is_cleared() {
    customer(api, "own", ", \"overage_policy\": \"block\"");
    isRefused(api.use("own", "tokens", "2"), 2, 0);
    assertThat(check(api, "own", "").text("/overage_policy")).isEqualTo("block");
    assertThat(check(api, "own", "").text("/reason")).isEqualTo("insufficient_credits");

    api.patch(byExternalId("own"), "{\"overage_policy\": \"notify\"}").ok();
    assertThat(api.use("own", "tokens", "2").created().number("/overage")).isEqualTo(2);
    assertThat(check(api, "own", "").text("/overage_policy")).isEqualTo("notify");

    api.patch(byExternalId("own"), "{\"overage_policy\": \"block\"}").ok();
    isRefused(api.use("own", "tokens", "2"), 2, 0);

    Answer cleared = api.patch(byExternalId("own"), "{\"overage_policy\": null}").ok();
    assertThat(cleared.textOrNull("/overage_policy")).isNull();
    assertThat(check(api, "own", "").text("/overage_policy")).isEqualTo("allow");
    assertThat(api.use("own", "tokens", "1").created().number("/overage_balance")).isEqualTo(3);
  }

  @Test
  void a_customer_may_be_allowed_what_the_tenant_blocks() {
    ApiClient client = tenantWith("{}");
    customer(client, "trusted", ", \"overage_policy\": \"allow\", \"max_overage\": 5");
    customer(client, "others", "");
    assertThat(client.use("trusted", "tokens", "5").created().number("/overage")).isEqualTo(5);
    isRefused(client.use("trusted", "tokens", "1"), 1, 0);
    isRefused(client.use("others", "tokens", "5"), 5, 0);
  }

  // ------------------------------------------------------------------------------------------
  // the cap

  @Test
  void overage_ends_at_its_cap_and_what_is_beyond_it_changes_nothing() {
    ApiClient client = tenantWith("{\"overage_policy\": \"allow\", \"max_overage\": 20}");
    client.grant("capped", 10);
    isRefused(client.use("capped", "tokens", "31"), 31, 30);
    assertThat(LedgerWords.balances(client, "capped")).isEqualTo("10/0/0");
    client.use("capped", "tokens", "18").created();
    isRefused(client.use("capped", "tokens", "13"), 13, 12);
    assertThat(client.use("capped", "tokens", "12").created().number("/overage_balance"))
        .isEqualTo(20);
    isRefused(client.use("capped", "tokens", "1"), 1, 0);
    client.use("capped", "tokens", "0").created();
    assertThat(LedgerWords.ledger(client, "capped"))
        .endsWith("debit +0 -> 0/0/8", "overage +0 -> 0/0/20", "debit +0 -> 0/0/20");
  }

  @Test
  void a_customer_has_a_cap_of_its_own_until_it_is_cleared() {
    ApiClient client = tenantWith("{\"overage_policy\": \"allow\", \"max_overage\": 20}");
    customer(client, "own", ", \"max_overage\": 30");
    client.use("own", "tokens", "25").created();
    isRefused(client.use("own", "tokens", "6"), 6, 5);

    client.patch(byExternalId("own"), "{\"max_overage\": null}").ok();
    // More than the tenant's cap is outstanding now; that is no room, and no debt to pay at once.
    isRefused(client.use("own", "tokens", "1"), 1, 0);
    client.grant("own", "{\"credits\": 7, \"metric_keys\": [\"tokens\"]}");
    isRefused(client.use("own", "tokens", "8"), 8, 7);
    assertThat(client.use("own", "tokens", "7").created().number("/overage")).isZero();

    client.patch(byExternalId("own"), "{\"max_overage\": 0}").ok();
    isRefused(client.use("own", "tokens", "1"), 1, 0);
    assertThat(check(client, "own", "").text("/reason")).isEqualTo("overage_cap");
  }

  @Test
  void a_batch_books_event_by_event_up_to_the_cap() {
    ApiClient client = tenantWith("{\"overage_policy\": \"allow\", \"max_overage\": 2}");
    client.grant("batched", 1);
    Answer batch = client.post("/v1/usage/batch", Writes.batch("batched", "tokens", 4)).ok();
    assertThat(batch.number("/recorded")).isEqualTo(3);
    assertThat(batch.number("/rejected")).isEqualTo(1);
    assertThat(batch.text("/results/0/status")).isEqualTo("recorded");
    assertThat(batch.number("/results/0/overage")).isZero();
    assertThat(batch.number("/results/1/overage_balance")).isEqualTo(1);
    assertThat(batch.number("/results/2/overage_balance")).isEqualTo(2);
    assertThat(batch.text("/results/3/problem/type")).isEqualTo("/problems/insufficient_credits");
    assertThat(LedgerWords.balances(client, "batched")).isEqualTo("0/0/2");
  }

  @Test
  void an_entitlement_counts_the_overage_that_is_left() {
    ApiClient client = tenantWith("{\"overage_policy\": \"allow\", \"max_overage\": 20}");
    client.grant("asked", 10);

    Answer enough = check(client, "asked", "?units=30");
    assertThat(enough.truth("/allowed")).isTrue();
    assertThat(enough.textOrNull("/reason")).isNull();
    assertThat(enough.number("/affordable_units")).isEqualTo(30);
    assertThat(enough.number("/balance_after")).isEqualTo(-20);
    assertThat(enough.text("/overage_policy")).isEqualTo("allow");

    Answer tooMuch = check(client, "asked", "?units=31");
    assertThat(tooMuch.truth("/allowed")).isFalse();
    assertThat(tooMuch.text("/reason")).isEqualTo("overage_cap");

    client.use("asked", "tokens", "25").created();
    Answer later = check(client, "asked", "?units=5");
    assertThat(later.truth("/allowed")).isTrue();
    assertThat(later.number("/overage_balance")).isEqualTo(15);
    assertThat(later.number("/affordable_units")).isEqualTo(5);
    assertThat(check(client, "asked", "?units=6").text("/reason")).isEqualTo("overage_cap");
  }

  @Test
  void overage_without_a_cap_affords_without_end() {
    customer(api, "endless", "");
    Answer check = check(api, "endless", "?units=1000000000");
    assertThat(check.truth("/allowed")).isTrue();
    assertThat(check.at("/affordable_units").isNull()).isTrue();
    assertThat(check.number("/balance_after")).isEqualTo(-1_000_000_000);

    // Beyond the range of amounts it ends all the same.
    api.metric("dear", "10");
    api.use("endless", "dear", "900719925474099.1").created();
    api.use("endless", "tokens", "1").isProblem(422, "amount_out_of_range");
    assertThat(LedgerWords.balances(api, "endless")).isEqualTo("0/0/9007199254740991");
  }

  @Test
  void a_reservation_holds_what_there_is_and_never_overage() {
    api.grant("reserving", 10);
    isRefused(
        api.post("/v1/reserve", "{\"external_customer_id\": \"reserving\", \"credits\": 11}"),
        11,
        10);
    String reservation = Holds.units(api, "reserving", "tokens", "10");

    Answer committed = Holds.commit(api, reservation, "\"actual_units\": 14");

    assertThat(committed.number("/cost")).isEqualTo(14);
    assertThat(committed.number("/overage")).isEqualTo(4);
    assertThat(LedgerWords.balances(committed)).isEqualTo("0/0/4");
    assertThat(LedgerWords.ledger(api, "reserving"))
        .endsWith("capture -10 -> 0/0/0", "overage +0 -> 0/0/4");
    assertThat(api.ledger("reserving").getLast().path("reference").path("id"))
        .isEqualTo(committed.at("/usage_event_id"));
  }

  // ------------------------------------------------------------------------------------------
  // settlement by the next grant

  @Test
  void the_next_grant_pays_first_in_an_entry_of_its_own() {
    customer(api, "paying", "");
    api.use("paying", "tokens", "30").created();

    Answer small = api.grant("paying", 10);
    assertThat(LedgerWords.of(small.at("/ledger_entry"))).isEqualTo("grant +10 -> 10/0/30");
    assertThat(LedgerWords.balances(small)).isEqualTo("0/0/20");
    assertThat(small.text("/block/status")).isEqualTo("exhausted");
    assertThat(small.number("/block/remaining_amount")).isZero();
    assertThat(small.number("/block/original_amount")).isEqualTo(10);

    Answer large = api.grant("paying", 100);
    assertThat(LedgerWords.balances(large)).isEqualTo("80/0/0");
    assertThat(large.number("/block/remaining_amount")).isEqualTo(80);
    assertThat(large.text("/block/status")).isEqualTo("active");

    List<JsonNode> ledger = api.ledger("paying");
    assertThat(ledger)
        .extracting(LedgerWords::of)
        .containsExactly(
            "debit +0 -> 0/0/0",
            "overage +0 -> 0/0/30",
            "grant +10 -> 10/0/30",
            "settle -10 -> 0/0/20",
            "grant +100 -> 100/0/20",
            "settle -20 -> 80/0/0");
    JsonNode settle = ledger.getLast();
    assertThat(settle.path("reason").textValue()).isEqualTo("next_grant");
    assertThat(settle.path("reference")).isEqualTo(ledger.get(4).path("reference"));
    assertThat(settle.path("allocations").toString())
        .isEqualTo("[{\"block_id\":\"%s\",\"amount\":20}]".formatted(large.text("/block/id")));
    Answer credits = api.get(byExternalId("paying") + "/credits").ok();
    assertThat(credits.number("/lifetime_granted")).isEqualTo(110);
    assertThat(credits.number("/lifetime_consumed")).isEqualTo(30);
    assertThat(api.grant("paying", 1).number("/balance")).isEqualTo(81);
  }

  @Test
  void a_retried_grant_pays_once_and_is_answered_as_before() {
    customer(api, "retried", "");
    api.use("retried", "tokens", "30").created();
    String path = byExternalId("retried") + "/credits/grant";
    Answer first = api.post(path, "{\"credits\": 20}", "pay once").created();
    Answer again = api.post(path, "{\"credits\": 20}", "pay once").created();
    assertThat(again.isReplay()).isTrue();
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(LedgerWords.balances(api, "retried")).isEqualTo("0/0/10");
  }

  @Test
  void a_topup_and_its_bonus_pay_like_grants() {
    api.post(
            "/v1/topup/packages",
            """
            {"key": "small", "name": "Small", "credits": 20, "bonus_credits": 5, "price": "1",
             "currency": "EUR"}
            """)
        .created();
    customer(api, "topped", "");
    api.use("topped", "tokens", "22").created();

    Answer topup =
        api.post(
                "/v1/topup/grant",
                "{\"external_customer_id\": \"topped\", \"package_id\": \"small\"}")
            .created();

    assertThat(LedgerWords.balances(topup)).isEqualTo("3/0/0");
    assertThat(LedgerWords.ledger(api, "topped"))
        .containsExactly(
            "debit +0 -> 0/0/0",
            "overage +0 -> 0/0/22",
            "grant +20 -> 20/0/22",
            "grant +5 -> 25/0/22",
            "settle -20 -> 5/0/2",
            "settle -2 -> 3/0/0");
    assertThat(api.get(byExternalId("topped") + "/credits/blocks").ok().at("/data/0"))
        .isEqualTo(topup.at("/blocks/1"));
  }

  @Test
  void a_correction_upwards_pays_too() {
    customer(api, "corrected", "");
    api.use("corrected", "tokens", "4").created();
    api.post(
            byExternalId("corrected") + "/credits/adjust", "{\"delta\": 10, \"reason\": \"Sorry\"}")
        .ok();
    assertThat(LedgerWords.ledger(api, "corrected"))
        .endsWith("overage +0 -> 0/0/4", "adjust +10 -> 10/0/4", "settle -4 -> 6/0/0");
  }

  @Test
  void a_block_for_some_metrics_does_not_pay() {
    customer(api, "scoped", "");
    api.use("scoped", "tokens", "4").created();
    Answer granted = api.grant("scoped", "{\"credits\": 10, \"metric_keys\": [\"tokens\"]}");
    assertThat(LedgerWords.balances(granted)).isEqualTo("10/0/4");
    assertThat(api.use("scoped", "images", "1").created().number("/overage_balance")).isEqualTo(5);
  }

  @Test
  void a_pending_block_pays_when_it_takes_effect() {
    customer(api, "later", "");
    api.use("later", "tokens", "4").created();
    Instant effective = Instant.now().plusMillis(500).truncatedTo(ChronoUnit.MILLIS);
    Answer granted =
        api.grant("later", "{\"credits\": 10, \"effective_at\": \"%s\"}".formatted(effective));
    assertThat(LedgerWords.balances(granted)).isEqualTo("0/0/4");
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> LedgerWords.balances(api, "later").equals("6/0/0"));
    List<JsonNode> ledger = api.ledger("later");
    assertThat(ledger)
        .extracting(LedgerWords::of)
        .endsWith("grant +0 -> 0/0/4", "grant +10 -> 10/0/4", "settle -4 -> 6/0/0");
    assertThat(Instant.parse(ledger.getLast().path("created_at").textValue())).isEqualTo(effective);
  }

  // ------------------------------------------------------------------------------------------
  // settlement by invoice

  @ParameterizedTest
  @CsvSource({"Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York"})
  void overage_for_the_invoice_waits_for_the_end_of_the_customers_month(ZoneId zone) {
    ApiClient client =
        tenantWith(
            """
            {"overage_policy": "allow", "overage_settlement": "invoice",
             "time_zone": "Europe/Berlin"}
            """);
    customer(client, "invoiced", ", \"time_zone\": \"%s\"".formatted(zone));
    LocalDate before = LocalDate.now(zone);
    client.use("invoiced", "tokens", "30").created();
    client.use("invoiced", "tokens", "12").created();
    LocalDate after = LocalDate.now(zone);

    Answer granted = client.grant("invoiced", 100);
    assertThat(LedgerWords.balances(granted)).isEqualTo("100/0/42");

    JsonNode timeline = client.get(byExternalId("invoiced") + "/timeline").ok().at("/data");
    assertThat(timeline).hasSize(1);
    assertThat(timeline.path(0).path("type").textValue()).isEqualTo("overage_clearing");
    assertThat(timeline.path(0).path("amount").longValue()).isEqualTo(42);
    assertThat(timeline.path(0).path("id").isNull()).isTrue();
    assertThat(Instant.parse(timeline.path(0).path("at").textValue()))
        .isIn(endOfMonth(before, zone), endOfMonth(after, zone));
  }

  @Test
  void the_month_is_the_tenants_where_the_customer_has_no_time_zone() {
    ZoneId zone = ZoneId.of("Asia/Tokyo");
    ApiClient client =
        tenantWith(
            """
            {"overage_policy": "allow", "overage_settlement": "invoice", "time_zone": "Asia/Tokyo"}
            """);
    customer(client, "invoiced", "");
    LocalDate before = LocalDate.now(zone);
    client.use("invoiced", "tokens", "1").created();
    LocalDate after = LocalDate.now(zone);
    assertThat(
            Instant.parse(
                client.get(byExternalId("invoiced") + "/timeline").ok().text("/data/0/at")))
        .isIn(endOfMonth(before, zone), endOfMonth(after, zone));
  }

  private static Instant endOfMonth(LocalDate date, ZoneId zone) {
    return date.withDayOfMonth(1).plusMonths(1).atStartOfDay(zone).toInstant();
  }

  @Test
  void each_part_of_the_overage_is_settled_as_it_was_booked() {
    TestTenant tenant = TestTenant.in(TestNode.shared());
    ApiClient client = tenant.live();
    client.metric("tokens", "1");
    client
        .patch(
            tenant.configPath(),
            "{\"overage_policy\": \"allow\", \"overage_settlement\": \"invoice\"}")
        .ok();
    customer(client, "both", "");
    client.use("both", "tokens", "30").created();
    client.patch(tenant.configPath(), "{\"overage_settlement\": \"next_grant\"}").ok();
    client.use("both", "tokens", "12").created();
    assertThat(LedgerWords.balances(client, "both")).isEqualTo("0/0/42");
    assertThat(client.get(byExternalId("both") + "/timeline").ok().number("/data/0/amount"))
        .isEqualTo(30);

    Answer granted = client.grant("both", 100);

    assertThat(LedgerWords.balances(granted)).isEqualTo("88/0/30");
    assertThat(LedgerWords.ledger(client, "both"))
        .endsWith("grant +100 -> 100/0/42", "settle -12 -> 88/0/30");
    assertThat(client.get(byExternalId("both") + "/ledger/verify").ok().truth("/valid")).isTrue();
  }
}
