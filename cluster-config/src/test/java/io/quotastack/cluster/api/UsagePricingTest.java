package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.TestNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What usage costs: by its properties, by the units before it in the month, by which rule. */
class UsagePricingTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String GRADUATED =
      """
      "cost_type": "graduated", "tier_scope": "period",
      "tiers": [{"up_to": 10, "unit_cost": 5}, {"up_to": 20, "unit_cost": 3}, {"unit_cost": 1}]
      """;

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeCustomer() {
    TENANT.live().grant("rich", 9_000_000_000_000L);
  }

  /** A metric with a rule of these members. */
  private void metric(String key, String members) {
    api.post("/v1/billable-metrics", "{\"key\": \"%s\", \"name\": \"A\"}".formatted(key)).created();
    rule(key, members);
  }

  private void rule(String key, String members) {
    api.post("/v1/metering-rules", "{\"billable_metric_key\": \"%s\", %s}".formatted(key, members))
        .created();
  }

  private long cost(String customer, String metric, String units) {
    return api.use(customer, metric, units).created().number("/cost");
  }

  private Answer useWith(String metric, String members) {
    return api.post(
        "/v1/usage",
        "{\"external_customer_id\": \"rich\", \"billable_metric_key\": \"%s\", %s}"
            .formatted(metric, members));
  }

  private Answer check(String customer, String keyAndQuery) {
    return api.get(byExternalId(customer) + "/entitlements/" + keyAndQuery).ok();
  }

  // ------------------------------------------------------------------------------------------
  // dimensions

  @Test
  void the_first_dimension_that_matches_prices_usage_and_checks_alike() {
    metric(
        "by_model",
        """
        "cost_type": "per_unit", "unit_cost": 1,
        "dimensions": [
          {"match": {"model": "large", "direction": "output"}, "unit_cost": 30},
          {"match": {"model": "large"}, "unit_cost": 10},
          {"match": {"direction": "output"}, "unit_cost": 3}]
        """);
    assertCostAndCheck("\"model\": \"large\", \"direction\": \"output\"", 60);
    assertCostAndCheck("\"model\": \"large\", \"direction\": \"input\"", 20);
    assertCostAndCheck("\"model\": \"small\", \"direction\": \"output\"", 6);
    assertCostAndCheck("\"model\": \"large\", \"region\": \"eu\"", 20);
    assertCostAndCheck("\"model\": \"LARGE\"", 2);
    assertCostAndCheck("", 2);
  }

  /** 2 units of by_model with these properties cost so much, and a check tells so. */
  private void assertCostAndCheck(String properties, long cost) {
    assertThat(
            useWith("by_model", "\"units\": 2, \"properties\": {%s}".formatted(properties))
                .created()
                .number("/cost"))
        .isEqualTo(cost);
    var query = new StringBuilder("by_model?units=2");
    Answer.json("{%s}".formatted(properties))
        .properties()
        .forEach(each ->
            query
                .append("&properties[")
                .append(each.getKey())
                .append("]=")
                .append(each.getValue().textValue()));
    assertThat(check("rich", query.toString()).number("/estimated_cost")).isEqualTo(cost);
  }

  @Test
  void a_check_counts_units_at_the_price_of_its_properties() {
    metric(
        "by_size",
        """
        "cost_type": "per_unit", "unit_cost": 1,
        "dimensions": [{"match": {"model": "large"}, "unit_cost": 10}]
        """);
    api.grant("thrifty", 25);
    Answer large = check("thrifty", "by_size?units=3&properties[model]=large");
    assertThat(large.truth("/allowed")).isFalse();
    assertThat(large.text("/reason")).isEqualTo("insufficient_credits");
    assertThat(large.number("/estimated_cost")).isEqualTo(30);
    assertThat(large.number("/affordable_units")).isEqualTo(2);
    Answer small = check("thrifty", "by_size?units=3&properties[model]=small");
    assertThat(small.truth("/allowed")).isTrue();
    assertThat(small.number("/affordable_units")).isEqualTo(25);
  }

  @Test
  void usage_that_no_dimension_matches_has_no_price_without_a_cost_of_the_rule() {
    metric(
        "only_kinds",
        """
        "cost_type": "per_unit",
        "dimensions": [{"match": {"model": "large"}, "unit_cost": 10}]
        """);
    long before = api.get(byExternalId("rich") + "/credits").ok().number("/version");
    useWith("only_kinds", "\"properties\": {\"model\": \"small\"}").isProblem(422, "no_price");
    useWith("only_kinds", "\"units\": 0").isProblem(422, "no_price");
    assertThat(api.get(byExternalId("rich") + "/credits").ok().number("/version"))
        .isEqualTo(before);

    Answer check = check("rich", "only_kinds?properties[model]=small");
    assertThat(check.truth("/allowed")).isFalse();
    assertThat(check.text("/reason")).isEqualTo("no_metering_rule");
    assertThat(check.at("/estimated_cost").isNull()).isTrue();

    assertThat(
            useWith("only_kinds", "\"properties\": {\"model\": \"large\"}")
                .created()
                .number("/cost"))
        .isEqualTo(10);
    Answer batch =
        api.post(
                "/v1/usage/batch",
                """
                {"events": [
                  {"external_customer_id": "rich", "billable_metric_key": "only_kinds"},
                  {"external_customer_id": "rich", "billable_metric_key": "only_kinds",
                   "properties": {"model": "large"}}]}
                """)
            .ok();
    assertThat(batch.text("/results/0/problem/type")).isEqualTo("/problems/no_price");
    assertThat(batch.number("/results/1/cost")).isEqualTo(10);
  }

  // ------------------------------------------------------------------------------------------
  // the period

  @Test
  void tiers_of_a_period_run_on_from_event_to_event() {
    metric("running", GRADUATED);
    api.grant("month", 1_000);
    assertThat(cost("month", "running", "6")).isEqualTo(30);
    assertThat(cost("month", "running", "6")).isEqualTo(4 * 5 + 2 * 3);
    assertThat(cost("month", "running", "0")).isZero();
    assertThat(cost("month", "running", "6.5")).isEqualTo(20); // 19.5, rounded up
    assertThat(cost("month", "running", "5.5")).isEqualTo(9); // 1.5 x 3 + 4
    assertThat(cost("month", "running", "1")).isEqualTo(1);

    // Every customer has units of its own.
    api.grant("other month", 1_000);
    assertThat(cost("other month", "running", "10")).isEqualTo(50);
  }

  @Test
  void tiers_of_a_period_run_on_within_a_batch() {
    metric("batched", GRADUATED);
    api.grant("batch", 1_000);
    api.grant("batch 2", 1_000);
    List<String> events = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      for (String customer : List.of("batch", "batch 2")) {
        events.add(
            """
            {"external_customer_id": "%s", "billable_metric_key": "batched", "units": 6}
            """
                .formatted(customer));
      }
    }
    Answer batch =
        api.post("/v1/usage/batch", "{\"events\": [%s]}".formatted(String.join(",", events))).ok();
    assertThat(batch.at("/results"))
        .extracting(result -> result.path("cost").longValue())
        .containsExactly(30L, 30L, 26L, 26L, 18L, 18L, 10L, 10L);
    assertThat(cost("batch", "batched", "1")).isEqualTo(1);
  }

  @Test
  void an_event_that_was_refused_counts_no_units() {
    metric("refusing", GRADUATED);
    api.grant("poor", 20);
    api.use("poor", "refusing", "5").isProblem(402, "insufficient_credits");
    assertThat(cost("poor", "refusing", "4")).isEqualTo(20);
  }

  @Test
  void a_check_knows_the_units_of_the_period() {
    metric("checked", GRADUATED);
    api.grant("asking", 60);
    assertThat(cost("asking", "checked", "8")).isEqualTo(40);
    Answer check = check("asking", "checked?units=5");
    assertThat(check.number("/estimated_cost")).isEqualTo(2 * 5 + 3 * 3);
    assertThat(check.number("/affordable_units")).isEqualTo(5);
    api.use("asking", "checked", "6").isProblem(402, "insufficient_credits");
    assertThat(cost("asking", "checked", "5")).isEqualTo(19);
  }

  @Test
  void all_units_of_a_metric_count_whatever_their_properties_or_their_rule() {
    metric("mixed", "\"cost_type\": \"flat\", \"flat_cost\": 1");
    api.grant("mixing", 1_000);
    assertThat(cost("mixing", "mixed", "8")).isEqualTo(1);
    rule(
        "mixed",
        GRADUATED
            + ", \"dimensions\": [{\"match\": {\"kind\": \"free\"}, \"cost_type\": \"per_unit\","
            + " \"unit_cost\": 0}]");
    assertThat(
            api.post(
                    "/v1/usage",
                    """
                    {"external_customer_id": "mixing", "billable_metric_key": "mixed", "units": 7,
                     "properties": {"kind": "free"}}
                    """)
                .created()
                .number("/cost"))
        .isZero();
    assertThat(cost("mixing", "mixed", "6")).isEqualTo(5 * 3 + 1);
  }

  @Test
  void what_a_reservation_captured_counts_and_what_was_reversed_still_does() {
    metric("held", GRADUATED);
    api.grant("holding", 1_000);
    String reservation = Holds.units(api, "holding", "held", "12");
    Answer captured = Holds.commit(api, reservation, "\"actual_units\": 8");
    assertThat(captured.number("/cost")).isEqualTo(40);
    api.post("/v1/usage/" + captured.text("/usage_event_id") + "/reverse", "{\"reason\": \"a\"}")
        .ok();
    assertThat(cost("holding", "held", "4")).isEqualTo(2 * 5 + 2 * 3);
  }

  @Test
  void volume_tiers_of_a_period_never_pay_back() {
    metric(
        "volume",
        """
        "cost_type": "tiered", "tier_scope": "period",
        "tiers": [{"up_to": 10, "unit_cost": 10}, {"unit_cost": 4}]
        """);
    assertThat(cost("rich", "volume", "10")).isEqualTo(100);
    assertThat(cost("rich", "volume", "5")).isZero(); // all 15 would cost 60 by now
    assertThat(cost("rich", "volume", "20")).isEqualTo(35 * 4 - 15 * 4);
  }

  @Test
  void packages_of_a_period_are_begun_once() {
    metric(
        "packages",
        "\"cost_type\": \"package\", \"tier_scope\": \"period\", \"package_size\": 10,"
            + " \"package_cost\": 7");
    assertThat(cost("rich", "packages", "4")).isEqualTo(7);
    assertThat(cost("rich", "packages", "6")).isZero();
    assertThat(cost("rich", "packages", "0.5")).isEqualTo(7);
    assertThat(cost("rich", "packages", "20")).isEqualTo(14);
    assertThat(cost("rich", "packages", "9.5")).isZero();
    assertThat(check("rich", "packages").number("/estimated_cost")).isEqualTo(7);
  }

  // ------------------------------------------------------------------------------------------
  // which rule

  @ParameterizedTest
  @CsvSource({"PT-1H", "P-29D", "PT4M"})
  void the_rule_of_the_debit_prices_usage_of_whatever_time(Duration offset) {
    String key = "dated_" + Integer.toUnsignedString(offset.hashCode());
    metric(key, "\"cost_type\": \"flat\", \"flat_cost\": 1");
    rule(key, "\"cost_type\": \"flat\", \"flat_cost\": 2");
    rule(
        key,
        "\"cost_type\": \"flat\", \"flat_cost\": 3, \"effective_at\": \"%s\""
            .formatted(Instant.now().plusSeconds(120)));
    Instant timestamp = Instant.now().plus(offset).truncatedTo(ChronoUnit.MILLIS);
    Answer used = useWith(key, "\"timestamp\": \"%s\"".formatted(timestamp)).created();
    assertThat(used.number("/cost")).isEqualTo(2);
    assertThat(used.number("/rule_version")).isEqualTo(2);
    assertThat(Instant.parse(used.text("/timestamp"))).isEqualTo(timestamp);
  }

  @Test
  void units_count_in_the_month_of_their_debit_whatever_their_timestamp() {
    metric("backdated", GRADUATED);
    api.grant("late", 1_000);
    String lastMonth =
        """
        {"external_customer_id": "late", "billable_metric_key": "backdated", "units": 10,
         "timestamp": "%s"}
        """
            .formatted(Instant.now().minus(Duration.ofDays(29)));
    assertThat(api.post("/v1/usage", lastMonth).created().number("/cost")).isEqualTo(50);
    assertThat(api.post("/v1/usage", lastMonth).created().number("/cost")).isEqualTo(30);
    assertThat(cost("late", "backdated", "10")).isEqualTo(10);
  }

  @Test
  void a_rule_of_the_future_prices_nothing_yet() {
    metric(
        "planned",
        "\"cost_type\": \"flat\", \"flat_cost\": 1, \"effective_at\": \"2100-01-01T00:00:00Z\"");
    api.use("rich", "planned", "1").isProblem(422, "no_metering_rule");
    assertThat(check("rich", "planned").text("/reason")).isEqualTo("no_metering_rule");
  }

  @Test
  void an_archived_metric_prices_nothing_but_what_was_reserved_before() {
    metric("archived", "\"cost_type\": \"per_unit\", \"unit_cost\": 3");
    String reservation = Holds.units(api, "rich", "archived", "5");
    api.patch("/v1/billable-metrics/archived", "{\"archived\": true}").ok();

    api.use("rich", "archived", "1").isProblem(422, "no_metering_rule");
    assertThat(check("rich", "archived").text("/reason")).isEqualTo("no_metering_rule");
    api.post(
            "/v1/reserve",
            """
            {"external_customer_id": "rich", "billable_metric_key": "archived",
             "estimated_units": 1}
            """)
        .isProblem(422, "no_metering_rule");
    assertThat(Holds.commit(api, reservation, "").number("/cost")).isEqualTo(15);
  }
}
