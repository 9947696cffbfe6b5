package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.TestNode;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Entitlement checks: may this customer do this now, and how much of it? */
class EntitlementsTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetrics() {
    ApiClient api = TENANT.live();
    api.metric("tokens", "300");
    api.metric("free", "0");
    api.metric("dust", "0.6");
    api.post("/v1/billable-metrics", "{\"key\": \"unpriced\", \"name\": \"No price\"}").created();
    api.post(
            "/v1/billable-metrics",
            "{\"key\": \"gated\", \"name\": \"Gated\", \"feature_key\": \"pro\"}")
        .created();
    api.grant("acme", 1000);
    api.post("/v1/customers", "{\"external_id\": \"poor\"}").created();
  }

  private Answer check(String customer, String keyAndQuery) {
    return api.get(byExternalId(customer) + "/entitlements/" + keyAndQuery).ok();
  }

  @Test
  void what_the_credits_can_pay_is_allowed() {
    Answer check = check("acme", "tokens?units=2");
    assertThat(check.truth("/allowed")).isTrue();
    assertThat(check.textOrNull("/reason")).isNull();
    assertThat(check.text("/external_customer_id")).isEqualTo("acme");
    assertThat(check.text("/billable_metric_key")).isEqualTo("tokens");
    assertThat(check.textOrNull("/feature_key")).isNull();
    assertThat(check.text("/units")).isEqualTo("2");
    assertThat(check.number("/balance")).isEqualTo(1000);
    assertThat(check.number("/effective_balance")).isEqualTo(1000);
    assertThat(check.number("/reserved_balance")).isZero();
    assertThat(check.number("/overage_balance")).isZero();
    assertThat(check.number("/estimated_cost")).isEqualTo(600);
    assertThat(check.number("/balance_after")).isEqualTo(400);
    assertThat(check.number("/affordable_units")).isEqualTo(3);
    assertThat(check.textOrNull("/subscription_status")).isNull();
    assertThat(check.text("/overage_policy")).isEqualTo("block");
    assertThat(
            api.get("/v1/customers/" + check.text("/customer_id") + "/entitlements/tokens?units=2")
                .ok()
                .body())
        .isEqualTo(check.body());
  }

  @ParameterizedTest
  @CsvSource({"1, 300", "3, 900", "3.3333, 1000", "1e0, 300", "0.000000001, 1"})
  void a_check_is_for_1_unit_or_as_many_as_it_asks_for(String units, long cost) {
    Answer check = check("acme", "tokens?units=" + units);
    assertThat(check.truth("/allowed")).isTrue();
    assertThat(check.number("/estimated_cost")).isEqualTo(cost);
    assertThat(check("acme", "tokens").number("/estimated_cost")).isEqualTo(300);
  }

  @Test
  void what_the_credits_cannot_pay_is_not_allowed() {
    Answer check = check("acme", "tokens?units=4");
    assertThat(check.truth("/allowed")).isFalse();
    assertThat(check.text("/reason")).isEqualTo("insufficient_credits");
    assertThat(check.number("/estimated_cost")).isEqualTo(1200);
    assertThat(check.number("/balance_after")).isEqualTo(-200);
    assertThat(check.number("/affordable_units")).isEqualTo(3);
    assertThat(check("poor", "tokens").number("/affordable_units")).isZero();
  }

  @Test
  void a_cost_beyond_all_amounts_is_no_estimate() {
    Answer check = check("acme", "tokens?units=999999999999999.999999999");
    assertThat(check.truth("/allowed")).isFalse();
    assertThat(check.text("/reason")).isEqualTo("insufficient_credits");
    assertThat(check.at("/estimated_cost").isNull()).isTrue();
    assertThat(check.at("/balance_after").isNull()).isTrue();
    assertThat(check.number("/affordable_units")).isEqualTo(3);
  }

  @Test
  void a_metric_without_a_price_is_not_allowed() {
    Answer check = check("acme", "unpriced");
    assertThat(check.truth("/allowed")).isFalse();
    assertThat(check.text("/reason")).isEqualTo("no_metering_rule");
    assertThat(check.at("/estimated_cost").isNull()).isTrue();
    assertThat(check.at("/affordable_units").isNull()).isTrue();
    assertThat(check.number("/balance")).isEqualTo(1000);
  }

  @Test
  void a_metric_behind_a_feature_is_not_allowed_without_it() {
    Answer unpriced = check("acme", "gated");
    assertThat(unpriced.truth("/allowed")).isFalse();
    assertThat(unpriced.text("/reason")).isEqualTo("feature_missing");
    assertThat(unpriced.text("/feature_key")).isEqualTo("pro");

    api.price("gated", "10");
    Answer priced = check("acme", "gated");
    assertThat(priced.text("/reason")).isEqualTo("feature_missing");
    assertThat(priced.number("/estimated_cost")).isEqualTo(10);
    assertThat(priced.number("/affordable_units")).isEqualTo(100);

    api.patch("/v1/billable-metrics/gated", "{\"feature_key\": null}").ok();
    assertThat(check("acme", "gated").truth("/allowed")).isTrue();
  }

  @Test
  void what_costs_nothing_is_allowed_without_end() {
    Answer check = check("poor", "free?units=1000000");
    assertThat(check.truth("/allowed")).isTrue();
    assertThat(check.number("/estimated_cost")).isZero();
    assertThat(check.number("/balance_after")).isZero();
    assertThat(check.at("/affordable_units").isNull()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "2, 3", "3, 5", "599, 998", "600, 1000", "601, 1001"})
  void affordable_units_are_what_could_really_be_used(long credits, long affordable) {
    String customer = "affords " + credits;
    api.post("/v1/customers", "{\"external_id\": \"%s\"}".formatted(customer)).created();
    if (credits > 0) {
      api.grant(customer, credits);
    }
    assertThat(check(customer, "dust").number("/affordable_units")).isEqualTo(affordable);
    api.use(customer, "dust", Long.toString(affordable + 1)).isProblem(402, "insufficient_credits");
    api.use(customer, "dust", Long.toString(affordable)).created();
  }

  @Test
  void affordable_units_of_a_flat_price_are_events() {
    api.post("/v1/billable-metrics", "{\"key\": \"flat\", \"name\": \"Flat\"}").created();
    api.post(
            "/v1/metering-rules",
            """
            {"billable_metric_key": "flat", "cost_type": "flat", "flat_cost": "333.4"}
            """)
        .created();
    Answer check = check("acme", "flat?units=1000000");
    assertThat(check.truth("/allowed")).isTrue();
    assertThat(check.number("/estimated_cost")).isEqualTo(334);
    assertThat(check.number("/affordable_units")).isEqualTo(2);
  }

  @Test
  void a_check_sees_every_write_that_was_answered_before_it() {
    api.metric("moving", "1");
    long balance = 0;
    for (int i = 1; i <= 20; i++) {
      api.grant("moving", 10);
      balance += 10;
      assertThat(check("moving", "moving").number("/affordable_units")).isEqualTo(balance);
      api.use("moving", "moving", Integer.toString(i % 7 + 1)).created();
      balance -= i % 7 + 1;
      assertThat(check("moving", "moving").number("/affordable_units")).isEqualTo(balance);
    }
    api.price("moving", Long.toString(balance + 1));
    assertThat(check("moving", "moving").truth("/allowed")).isFalse();
    api.price("moving", Long.toString(balance));
    assertThat(check("moving", "moving").truth("/allowed")).isTrue();
  }

  @Test
  void a_check_changes_nothing() {
    Answer before = api.get(byExternalId("acme") + "/credits?include_blocks=true").ok();
    for (int i = 0; i < 5; i++) {
      check("acme", "tokens?units=3");
    }
    assertThat(api.get(byExternalId("acme") + "/credits?include_blocks=true").ok().body())
        .isEqualTo(before.body());
  }

  @Test
  void properties_may_be_given_with_or_without_escapes() {
    for (String query :
        new String[] {
          "properties[model]=large&properties[direction]=output",
          "properties%5Bmodel%5D=large&properties%5B%C3%BC%5D=%E2%82%AC+x",
          "units=1&properties[a]=",
        }) {
      assertThat(check("acme", "tokens?" + query).truth("/allowed")).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          units=0                                   | ?units
          units=-1                                  | ?units
          units=                                    | ?units
          units=many                                | ?units
          units=1234567890123456                    | ?units
          units=0.0000000001                        | ?units
          units=1&units=2                           | ?units
          unit=1                                    | ?unit
          properties=large                          | ?properties
          properties[]=large                        | ?properties[]
          properties[model]=a&properties[model]=b   | ?properties[model]
          property[model]=a&dry=1                   | ?property[model], ?dry
          """)
  void a_query_that_makes_no_sense_is_refused(String query, String pointers) {
    api.get(byExternalId("acme") + "/entitlements/tokens?" + query).isInvalid(pointers.split(", "));
  }

  @Test
  void a_property_beyond_its_length_is_refused() {
    api.get(
            byExternalId("acme")
                + "/entitlements/tokens?properties[a]="
                + "v".repeat(501)
                + "&properties[b]="
                + "v".repeat(500))
        .isInvalid("?properties[a]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nothing", "TOKENS", "to%20kens", "tokens%00"})
  void an_unknown_metric_is_not_found(String key) {
    api.get(byExternalId("acme") + "/entitlements/" + key).isProblem(404, "not_found");
  }

  @Test
  void an_unknown_customer_is_not_found() {
    api.get(byExternalId("nobody") + "/entitlements/tokens").isProblem(404, "customer_not_found");
    api.get("/v1/customers/" + UUID.randomUUID() + "/entitlements/tokens")
        .isProblem(404, "customer_not_found");
  }
}
