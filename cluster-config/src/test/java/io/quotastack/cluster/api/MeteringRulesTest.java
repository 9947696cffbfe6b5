package io.quotastack.cluster.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quotastack.cluster.TestNode;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Metering rules: what they may say, which one prices, and what units then cost. */
class MeteringRulesTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String RULES = "/v1/metering-rules";
  private static final String METRICS = "/v1/billable-metrics";

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeCustomer() {
    TENANT.live().grant("rich", 9_000_000_000_000_000L);
    TENANT.live().post(METRICS, "{\"key\": \"unpriced\", \"name\": \"Never priced\"}").created();
  }

  private void metric(String key) {
    api.post(METRICS, "{\"key\": \"%s\", \"name\": \"Metric\"}".formatted(key)).created();
  }

  @Test
  void a_rule_is_created_and_prices_the_very_next_request() {
    metric("next");
    api.use("rich", "next", "1").isProblem(422, "no_metering_rule");
    Answer rule =
        api.post(
                RULES,
                """
                {"billable_metric_key": "next", "cost_type": "per_unit", "unit_cost": "0.60",
                 "rounding": "half_up"}
                """)
            .created();
    assertThat(rule.text("/billable_metric_key")).isEqualTo("next");
    assertThat(rule.number("/version")).isEqualTo(1);
    assertThat(rule.text("/cost_type")).isEqualTo("per_unit");
    assertThat(rule.text("/unit_cost")).isEqualTo("0.6");
    assertThat(rule.textOrNull("/flat_cost")).isNull();
    assertThat(rule.text("/rounding")).isEqualTo("half_up");
    assertThat(rule.truth("/active")).isTrue();
    assertThat(rule.text("/effective_at")).isEqualTo(rule.text("/created_at"));

    Answer used = api.use("rich", "next", "10").created();
    assertThat(used.number("/cost")).isEqualTo(6);
    assertThat(used.number("/rule_version")).isEqualTo(1);
    assertThat(api.get(METRICS + "/next").ok().at("/active_rule")).isEqualTo(rule.json());
    assertThat(api.get(RULES + "/" + rule.text("/id")).ok().body()).isEqualTo(rule.body());
  }

  @Test
  void a_package_that_is_begun_is_paid_whole() {
    metric("packaged");
    Answer rule =
        api.post(
                RULES,
                """
                {"billable_metric_key": "packaged", "cost_type": "package", "package_size": 1000,
                 "package_cost": "2.5"}
                """)
            .created();
    assertThat(rule.text("/package_size")).isEqualTo("1000");
    assertThat(rule.text("/package_cost")).isEqualTo("2.5");
    assertThat(rule.textOrNull("/unit_cost")).isNull();
    assertThat(api.use("rich", "packaged", "0").created().number("/cost")).isZero();
    assertThat(api.use("rich", "packaged", "1000").created().number("/cost")).isEqualTo(3);
    assertThat(api.use("rich", "packaged", "1000.5").created().number("/cost")).isEqualTo(5);
  }

  @Test
  void tiers_price_by_volume_or_slice_by_slice() {
    String tiers =
        """
        [{"up_to": 5, "unit_cost": 700}, {"up_to": "10", "unit_cost": "650", "flat_cost": 0},
         {"up_to": null, "unit_cost": 600, "flat_cost": 40}]
        """;
    for (String type : List.of("tiered", "graduated")) {
      metric(type);
      Answer rule =
          api.post(
                  RULES,
                  "{\"billable_metric_key\": \"%s\", \"cost_type\": \"%s\", \"tiers\": %s}"
                      .formatted(type, type, tiers))
              .created();
      assertThat(rule.text("/cost_type")).isEqualTo(type);
      assertThat(rule.text("/tiers/0/up_to")).isEqualTo("5");
      assertThat(rule.text("/tiers/0/flat_cost")).isEqualTo("0");
      assertThat(rule.textOrNull("/tiers/2/up_to")).isNull();
      assertThat(rule.text("/tiers/2/flat_cost")).isEqualTo("40");
      assertThat(api.get(RULES + "/" + rule.text("/id")).ok().body()).isEqualTo(rule.body());
    }
    assertThat(api.use("rich", "tiered", "5").created().number("/cost")).isEqualTo(3_500);
    assertThat(api.use("rich", "tiered", "6").created().number("/cost")).isEqualTo(3_900);
    assertThat(api.use("rich", "tiered", "20").created().number("/cost")).isEqualTo(12_040);
    assertThat(api.use("rich", "graduated", "5").created().number("/cost")).isEqualTo(3_500);
    assertThat(api.use("rich", "graduated", "6").created().number("/cost")).isEqualTo(4_150);
    assertThat(api.use("rich", "graduated", "20").created().number("/cost")).isEqualTo(12_790);

    api.grant("tiers only", 4_150);
    Answer check =
        api.get("/v1/customer-by-external-id/tiers%20only/entitlements/graduated?units=7").ok();
    assertThat(check.truth("/allowed")).isFalse();
    assertThat(check.number("/affordable_units")).isEqualTo(6);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"tiered\", \"tiers\": []|/tiers",
        "\"tiered\"|/tiers",
        "\"tiered\", \"tiers\": [{\"up_to\": 5, \"unit_cost\": 1}]|/tiers/0/up_to",
        "\"tiered\", \"tiers\": [{\"unit_cost\": 1}, {\"unit_cost\": 1}]|/tiers/0/up_to",
        "\"graduated\", \"tiers\": [{\"up_to\": 5, \"unit_cost\": 1}, {\"up_to\": 5, \"unit_cost\": 1}, {\"unit_cost\": 1}]|/tiers/1/up_to",
        "\"graduated\", \"tiers\": [{\"up_to\": null}]|/tiers/0/unit_cost",
        "\"graduated\", \"tiers\": [{\"unit_cost\": -1}]|/tiers/0/unit_cost",
        "\"graduated\", \"tiers\": [{\"unit_cost\": 1, \"price\": 1}]|/tiers/0/price",
        "\"graduated\", \"unit_cost\": 1, \"tiers\": [{\"unit_cost\": 1}]|/unit_cost",
        "\"package\", \"package_size\": 0, \"package_cost\": 1|/package_size",
        "\"package\", \"package_size\": 1|/package_cost",
        "\"per_unit\", \"unit_cost\": 1, \"tiers\": [{\"unit_cost\": 1}]|/tiers"
      })
  void a_price_that_is_none_is_refused_by_its_member(String price, String pointer) {
    Answer refused =
        api.post(
            RULES, "{\"billable_metric_key\": \"unpriced\", \"cost_type\": %s}".formatted(price));
    refused.isProblem(400, "invalid_request");
    assertThat(refused.body()).contains("\"" + pointer + "\"");
    api.use("rich", "unpriced", "1").isProblem(422, "no_metering_rule");
  }

  @Test
  void a_flat_rule_costs_the_same_whatever_the_units() {
    metric("flat");
    Answer rule =
        api.post(
                RULES,
                """
                {"billable_metric_key": "flat", "cost_type": "flat", "flat_cost": 250,
                 "unit_cost": null, "rounding": null, "effective_at": null}
                """)
            .created();
    assertThat(rule.text("/flat_cost")).isEqualTo("250");
    assertThat(rule.textOrNull("/unit_cost")).isNull();
    assertThat(rule.text("/rounding")).isEqualTo("up");
    for (String units : List.of("0", "1", "0.5", "1000000")) {
      assertThat(api.use("rich", "flat", units).created().number("/cost")).isEqualTo(250);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // unit_cost, units, up, half_up, down
    "1, 7, 7, 7, 7",
    "0.6, 1, 1, 1, 0",
    "0.6, 5, 3, 3, 3",
    "0.5, 1, 1, 1, 0",
    "0.5, 3, 2, 2, 1",
    "0.4, 1, 1, 0, 0",
    "0.1, 3, 1, 0, 0",
    "0.1, 10, 1, 1, 1",
    "0.000000001, 1, 1, 0, 0",
    "0.000000001, 499999999.999999999, 1, 0, 0",
    "0.000000001, 500000000, 1, 1, 0",
    "0.333333333, 3, 1, 1, 0",
    "1.000000001, 1000000000, 1000000001, 1000000001, 1000000001",
    "123456.789, 0.001, 124, 123, 123",
    "2.5, 1.5, 4, 4, 3",
    "0, 1000000, 0, 0, 0",
    "10, 0, 0, 0, 0",
  })
  void a_cost_is_exact_and_rounded_once(
      String unitCost, String units, long up, long halfUp, long down) {
    String key = "exact_" + Integer.toUnsignedString((unitCost + "*" + units).hashCode());
    metric(key);
    for (String rounding : List.of("up", "half_up", "down")) {
      api.post(
              RULES,
              """
              {"billable_metric_key": "%s", "cost_type": "per_unit", "unit_cost": %s,
               "rounding": "%s"}
              """
                  .formatted(key, unitCost, rounding))
          .created();
      long expected = rounding.equals("up") ? up : rounding.equals("down") ? down : halfUp;
      assertThat(api.use("rich", key, units).created().number("/cost"))
          .as(rounding)
          .isEqualTo(expected);
    }
  }

  @Test
  void a_cost_beyond_the_safe_integers_is_out_of_range() {
    api.metric("huge", "999999999999999");
    Answer before = api.get(ApiClient.byExternalId("rich")).ok();
    api.use("rich", "huge", "999999999999999").isProblem(422, "amount_out_of_range");
    api.use("rich", "huge", "9.1").isProblem(422, "amount_out_of_range");
    Answer refused = api.use("rich", "huge", "9.007").isProblem(402, "insufficient_credits");
    assertThat(refused.number("/required")).isEqualTo(9_006_999_999_999_991L);
    assertThat(api.get(ApiClient.byExternalId("rich")).ok().number("/version"))
        .isEqualTo(before.number("/version"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "0.000000001",
        "\"1.10\"",
        "\"999999999999999.999999999\"",
        "1e2",
        "\"1E-9\"",
        "1.5000000000000000000"
      })
  void a_price_is_a_decimal_as_a_number_or_a_string(String price) {
    String key = "price_" + Integer.toUnsignedString(price.hashCode());
    api.metric(key, price);
    assertThat(api.get(METRICS + "/" + key).ok().text("/active_rule/unit_cost"))
        .isEqualTo(new BigDecimal(price.replace("\"", "")).stripTrailingZeros().toPlainString());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          "cost_type": "per_unit"                                         | /unit_cost
          "cost_type": "per_unit", "flat_cost": 1                         | /unit_cost, /flat_cost
          "cost_type": "flat", "unit_cost": 1                             | /flat_cost, /unit_cost
          "cost_type": "flat", "flat_cost": 1, "unit_cost": 1             | /unit_cost
          "cost_type": "per_unit", "unit_cost": -1                        | /unit_cost
          "cost_type": "per_unit", "unit_cost": "-0.1"                    | /unit_cost
          "cost_type": "per_unit", "unit_cost": "0.0000000001"            | /unit_cost
          "cost_type": "per_unit", "unit_cost": 1000000000000000          | /unit_cost
          "cost_type": "per_unit", "unit_cost": "1,5"                     | /unit_cost
          "cost_type": "per_unit", "unit_cost": "NaN"                     | /unit_cost
          "cost_type": "per_unit", "unit_cost": true                      | /unit_cost
          "cost_type": "per_unit", "unit_cost": 1, "rounding": "nearest"  | /rounding
          "cost_type": "per_unit", "unit_cost": 1, "tiers": []            | /tiers
          "cost_type": "flat", "flat_cost": 1, "effective_at": "2001-01-01T00:00:00Z" | /effective_at
          "cost_type": "flat", "flat_cost": 1, "effective_at": "soon"     | /effective_at
          """)
  void a_rule_that_makes_no_sense_is_refused(String members, String pointers) {
    api.post(RULES, "{\"billable_metric_key\": \"unpriced\", %s}".formatted(members))
        .isInvalid(pointers.split(", "));
    assertThat(api.get(METRICS + "/unpriced").ok().at("/active_rule").isNull()).isTrue();
  }

  @Test
  void a_rule_says_what_it_costs_and_of_a_metric_that_is_there() {
    Answer nothing = api.post(RULES, "{}").isProblem(400, "invalid_request");
    assertThat(nothing.pointers()).contains("/billable_metric_key", "/cost_type");
    Answer stairs =
        api.post(RULES, "{\"billable_metric_key\": \"unpriced\", \"cost_type\": \"stairs\"}")
            .isProblem(400, "invalid_request");
    assertThat(stairs.pointers()).contains("/cost_type");
    api.post(
            RULES,
            "{\"billable_metric_key\": \"nothing\", \"cost_type\": \"flat\", \"flat_cost\": 1}")
        .isInvalid("/billable_metric_key");
  }

  // ------------------------------------------------------------------------------------------

  @Test
  void dimensions_price_kinds_of_usage_and_the_rules_own_cost_the_rest() {
    metric("by_kind");
    Answer rule =
        api.post(
                RULES,
                """
                {"billable_metric_key": "by_kind", "cost_type": "per_unit", "unit_cost": 1,
                 "dimensions": [
                   {"match": {"model": "large", "direction": "output"}, "unit_cost": "8.5"},
                   {"match": {"model": "large"}, "cost_type": "graduated",
                    "tiers": [{"up_to": 10, "unit_cost": 4}, {"unit_cost": 2}]},
                   {"match": {"model": "größte"}, "cost_type": "flat", "flat_cost": 99}]}
                """)
            .created();
    assertThat(rule.text("/cost_type")).isEqualTo("per_unit");
    assertThat(rule.text("/tier_scope")).isEqualTo("event");
    assertThat(rule.at("/dimensions")).hasSize(3);
    assertThat(rule.at("/dimensions/0/match"))
        .isEqualTo(Answer.json("{\"model\": \"large\", \"direction\": \"output\"}"));
    assertThat(rule.text("/dimensions/0/cost_type")).isEqualTo("per_unit");
    assertThat(rule.text("/dimensions/0/unit_cost")).isEqualTo("8.5");
    assertThat(rule.textOrNull("/dimensions/0/flat_cost")).isNull();
    assertThat(rule.text("/dimensions/1/tiers/1/unit_cost")).isEqualTo("2");
    assertThat(rule.text("/dimensions/2/flat_cost")).isEqualTo("99");
    assertThat(api.get(RULES + "/" + rule.text("/id")).ok().body()).isEqualTo(rule.body());
    assertThat(api.get(METRICS + "/by_kind").ok().at("/active_rule")).isEqualTo(rule.json());

    assertThat(costByKind("{\"model\": \"large\", \"direction\": \"output\"}")).isEqualTo(102);
    assertThat(costByKind("{\"direction\": \"input\", \"model\": \"large\"}")).isEqualTo(44);
    assertThat(costByKind("{\"model\": \"größte\", \"direction\": \"output\"}")).isEqualTo(99);
    assertThat(costByKind("{\"direction\": \"output\"}")).isEqualTo(12);
    assertThat(costByKind("{}")).isEqualTo(12);
  }

  /** What 12 units of the metric by_kind cost. */
  private long costByKind(String properties) {
    return api.post(
            "/v1/usage",
            """
            {"external_customer_id": "rich", "billable_metric_key": "by_kind", "units": 12,
             "properties": %s}
            """
                .formatted(properties))
        .created()
        .number("/cost");
  }

  @Test
  void a_rule_with_dimensions_needs_no_cost_of_its_own() {
    metric("kinds_only");
    for (String type : List.of("", "\"cost_type\": null,", "\"cost_type\": \"per_unit\",")) {
      Answer rule =
          api.post(
                  RULES,
                  """
                  {"billable_metric_key": "kinds_only", %s
                   "dimensions": [{"match": {"a": ""}, "cost_type": "flat", "flat_cost": 2}]}
                  """
                      .formatted(type))
              .created();
      assertThat(rule.textOrNull("/cost_type")).isNull();
      assertThat(rule.textOrNull("/unit_cost")).isNull();
      assertThat(rule.at("/tiers").isNull()).isTrue();
      assertThat(rule.text("/dimensions/0/match/a")).isEmpty();
    }
    Answer typed =
        api.post(
                RULES,
                """
                {"billable_metric_key": "kinds_only", "cost_type": "per_unit",
                 "dimensions": [{"match": {"a": "b"}, "unit_cost": 3}]}
                """)
            .created();
    assertThat(typed.textOrNull("/cost_type")).isNull();
    assertThat(typed.text("/dimensions/0/cost_type")).isEqualTo("per_unit");
    assertThat(api.list(RULES + "?billable_metric_key=kinds_only&active=true"))
        .containsExactly(typed.json());
  }

  @Test
  void tiers_and_packages_may_run_over_the_period() {
    for (String cost :
        List.of(
            "\"tiered\", \"tiers\": [{\"unit_cost\": 1}]",
            "\"graduated\", \"tiers\": [{\"unit_cost\": 1}]",
            "\"package\", \"package_size\": 5, \"package_cost\": 1",
            "\"flat\", \"flat_cost\": 1, \"dimensions\": [{\"match\": {\"a\": \"b\"}, "
                + "\"cost_type\": \"graduated\", \"tiers\": [{\"unit_cost\": 1}]}]")) {
      String key = "period_" + Integer.toUnsignedString(cost.hashCode());
      metric(key);
      Answer rule =
          api.post(
                  RULES,
                  """
                  {"billable_metric_key": "%s", "tier_scope": "period", "cost_type": %s}
                  """
                      .formatted(key, cost))
              .created();
      assertThat(rule.text("/tier_scope")).isEqualTo("period");
      assertThat(api.get(METRICS + "/" + key).ok().text("/active_rule/tier_scope"))
          .isEqualTo("period");
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          "cost_type": "flat", "flat_cost": 1, "tier_scope": "month"      | /tier_scope
          "cost_type": "flat", "flat_cost": 1, "tier_scope": "period"     | /tier_scope
          "cost_type": "per_unit", "unit_cost": 1, "tier_scope": "period" | /tier_scope
          "tier_scope": "period", "dimensions": [{"match": {"a": "b"}, "cost_type": "flat", "flat_cost": 1}] | /tier_scope
          "cost_type": "flat", "flat_cost": 1, "dimensions": []           | /dimensions
          "cost_type": "flat", "flat_cost": 1, "dimensions": {}           | /dimensions
          "tier_scope": "period", "dimensions": {}                        | /dimensions
          "cost_type": "flat", "flat_cost": 1, "dimensions": [7]          | /dimensions/0
          "cost_type": "flat", "flat_cost": 1, "dimensions": [{"flat_cost": 2}] | /dimensions/0/match
          "cost_type": "flat", "dimensions": [{"match": null, "flat_cost": 2}] | /dimensions/0/match
          "cost_type": "flat", "dimensions": [{"match": {}, "flat_cost": 2}] | /dimensions/0/match
          "cost_type": "flat", "dimensions": [{"match": "a", "flat_cost": 2}] | /dimensions/0/match
          "cost_type": "flat", "dimensions": [{"match": {"a": 1}, "flat_cost": 2}] | /dimensions/0/match/a
          "cost_type": "flat", "dimensions": [{"match": {"a": "b"}}]      | /dimensions/0/flat_cost
          "cost_type": "flat", "dimensions": [{"match": {"a": "b"}, "unit_cost": 2}] | /dimensions/0/unit_cost, /dimensions/0/flat_cost
          "cost_type": "flat", "dimensions": [{"match": {"a": "b"}, "flat_cost": 2, "price": 3}] | /dimensions/0/price
          "cost_type": "flat", "dimensions": [{"match": {"a": "b"}, "flat_cost": 2, "rounding": "up"}] | /dimensions/0/rounding
          "cost_type": "flat", "dimensions": [{"match": {"a": "b"}, "flat_cost": 2}, {"match": {"a": "b"}, "flat_cost": 3}] | /dimensions/1/match
          "cost_type": "flat", "dimensions": [{"match": {"a": "b", "c": "d"}, "flat_cost": 2}, {"match": {"c": "d", "a": "b"}, "flat_cost": 2}] | /dimensions/1/match
          "dimensions": [{"match": {"a": "b"}, "flat_cost": 2}]           | /dimensions/0/cost_type
          "dimensions": [{"match": {"a": "b"}, "cost_type": "steps", "flat_cost": 2}] | /dimensions/0/cost_type
          "cost_type": "steps", "dimensions": [{"match": {"a": "b"}, "flat_cost": 2}] | /cost_type
          "cost_type": "steps", "unit_cost": 1, "tier_scope": "period"    | /cost_type
          "unit_cost": 1, "dimensions": [{"match": {"a": "b"}, "cost_type": "flat", "flat_cost": 2}] | /cost_type
          "cost_type": "per_unit", "unit_cost": 1, "flat_cost": 1, "dimensions": [{"match": {"a": "b"}, "unit_cost": 2}] | /flat_cost
          "cost_type": "tiered", "dimensions": [{"match": {"a": "b"}, "tiers": [{"up_to": 5, "unit_cost": 1}]}] | /dimensions/0/tiers/0/up_to
          """)
  void a_scope_or_a_dimension_that_makes_no_sense_is_refused(String members, String pointers) {
    api.post(RULES, "{\"billable_metric_key\": \"unpriced\", %s}".formatted(members))
        .isInvalid(pointers.split(", "));
    assertThat(api.get(METRICS + "/unpriced").ok().at("/active_rule").isNull()).isTrue();
  }

  @Test
  void dimensions_and_their_pairs_and_tiers_are_bounded() {
    metric("bounded");
    priced("bounded", dimensions(100, 1, 1)).created();
    priced("bounded", dimensions(101, 1, 1)).isInvalid("/dimensions");
    priced("bounded", dimensions(1, 10, 1)).created();
    priced("bounded", dimensions(1, 11, 1)).isInvalid("/dimensions/0/match");
    priced("bounded", dimensions(10, 1, 50)).created();
    priced("bounded", dimensions(10, 1, 50) + ", \"tiers\": [{\"unit_cost\": 1}]")
        .isInvalid("/dimensions");
    priced("bounded", dimensions(1, 1, 51)).isInvalid("/dimensions/0/tiers");
  }

  private Answer priced(String key, String members) {
    return api.post(
        RULES,
        "{\"billable_metric_key\": \"%s\", \"cost_type\": \"graduated\", %s}"
            .formatted(key, members));
  }

  private static String dimensions(int count, int pairs, int tiers) {
    String allTiers =
        IntStream.rangeClosed(1, tiers)
            .mapToObj(i -> "{\"up_to\": %s, \"unit_cost\": 1}".formatted(i == tiers ? "null" : i))
            .collect(Collectors.joining(", "));
    return IntStream.range(0, count)
        .mapToObj(i -> "{\"match\": {%s}, \"tiers\": [%s]}".formatted(pairs(pairs, i), allTiers))
        .collect(Collectors.joining(", ", "\"dimensions\": [", "]"));
  }

  private static String pairs(int count, int value) {
    return IntStream.range(0, count)
        .mapToObj(key -> "\"key%d\": \"%d\"".formatted(key, value))
        .collect(Collectors.joining(", "));
  }

  @Test
  void an_archived_metric_gets_no_new_rule_and_has_its_old_one_when_it_is_back() {
    api.metric("shelved", "2");
    Answer before = api.get(METRICS + "/shelved").ok();
    api.patch(METRICS + "/shelved", "{\"archived\": true}").ok();
    api.post(
            RULES,
            """
            {"billable_metric_key": "shelved", "cost_type": "per_unit", "unit_cost": 3}
            """)
        .isInvalid("/billable_metric_key");
    assertThat(api.get(RULES + "?billable_metric_key=shelved&active=true").ok().at("/data"))
        .isEmpty();
    assertThat(api.get(RULES + "?billable_metric_key=shelved&active=false").ok().each("version"))
        .containsExactly("1");
    api.patch(METRICS + "/shelved", "{\"archived\": false}").ok();
    assertThat(api.get(METRICS + "/shelved").ok().at("/active_rule"))
        .isEqualTo(before.at("/active_rule"));
    assertThat(api.price("shelved", "3").number("/version")).isEqualTo(2);
  }

  // ------------------------------------------------------------------------------------------

  @Test
  void a_new_rule_takes_the_place_of_the_old_one_and_both_stay_readable() {
    api.metric("versions", "1");
    assertThat(api.use("rich", "versions", "10").created().number("/rule_version")).isEqualTo(1);
    Answer second = api.price("versions", "3");
    assertThat(second.number("/version")).isEqualTo(2);
    Answer used = api.use("rich", "versions", "10").created();
    assertThat(used.number("/cost")).isEqualTo(30);
    assertThat(used.number("/rule_version")).isEqualTo(2);

    String list = RULES + "?billable_metric_key=versions";
    assertThat(api.get(list).ok().each("version")).containsExactly("2", "1");
    assertThat(api.get(list).ok().each("active")).containsExactly("true", "false");
    assertThat(api.get(list + "&active=true").ok().each("version")).containsExactly("2");
    Answer replaced = api.get(list + "&active=false").ok();
    assertThat(replaced.each("version")).containsExactly("1");
    assertThat(api.get(RULES + "/" + replaced.at("/data/0/id").textValue()).ok().json())
        .isEqualTo(replaced.at("/data/0"));
  }

  @Test
  void a_rule_of_the_future_prices_from_its_instant_on() {
    api.metric("planned", "1");
    Instant effective = Instant.now().plusMillis(800).truncatedTo(ChronoUnit.MILLIS);
    Answer planned =
        api.post(
                RULES,
                """
                {"billable_metric_key": "planned", "cost_type": "flat", "flat_cost": 99,
                 "effective_at": "%s"}
                """
                    .formatted(effective))
            .created();
    assertThat(planned.truth("/active")).isFalse();
    assertThat(planned.number("/version")).isEqualTo(2);
    assertThat(Instant.parse(planned.text("/effective_at"))).isEqualTo(effective);

    boolean sawOldPrice = false;
    Answer used = api.use("rich", "planned", "1").created();
    while (used.number("/rule_version") == 1) {
      sawOldPrice = true;
      assertThat(used.number("/cost")).isEqualTo(1);
      // The actor's clock may run ahead of the one that chose the rule, but by no more than a hop.
      assertThat(Instant.parse(used.text("/created_at"))).isBefore(effective.plusSeconds(5));
      used = api.use("rich", "planned", "1").created();
    }
    assertThat(sawOldPrice).isTrue();
    assertThat(used.number("/cost")).isEqualTo(99);
    assertThat(Instant.parse(used.text("/created_at"))).isAfterOrEqualTo(effective);
    assertThat(api.get(METRICS + "/planned").ok().number("/active_rule/version")).isEqualTo(2);
    assertThat(api.get(RULES + "/" + planned.text("/id")).ok().truth("/active")).isTrue();
  }

  @Test
  void a_rule_made_now_does_not_end_one_that_is_planned() {
    api.metric("both", "1");
    Instant effective = Instant.now().plusMillis(600).truncatedTo(ChronoUnit.MILLIS);
    api.post(
            RULES,
            """
            {"billable_metric_key": "both", "cost_type": "flat", "flat_cost": 50,
             "effective_at": "%s"}
            """
                .formatted(effective))
        .created();
    assertThat(api.price("both", "7").number("/version")).isEqualTo(3);
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> api.get(METRICS + "/both").ok().number("/active_rule/version") == 2);
    assertThat(api.use("rich", "both", "1").created().number("/cost")).isEqualTo(50);
  }

  @Test
  void rules_are_listed_newest_first_in_pages() {
    ApiClient own = TestTenant.in(TestNode.shared()).live();
    assertThat(own.get(RULES).ok().at("/data")).isEmpty();
    own.metric("a", "1");
    own.metric("b", "1");
    for (int i = 2; i <= 4; i++) {
      own.price("a", Integer.toString(i));
    }
    Answer first = own.get(RULES + "?limit=2").ok();
    assertThat(first.each("version")).containsExactly("4", "3");
    own.price("b", "5");
    Answer second =
        own.get(RULES + "?limit=2&cursor=" + first.text("/pagination/next_cursor")).ok();
    assertThat(second.each("version")).containsExactly("2", "1");
    assertThat(second.each("billable_metric_key")).containsExactly("a", "b");
    Answer third =
        own.get(RULES + "?limit=2&cursor=" + second.text("/pagination/next_cursor")).ok();
    assertThat(third.each("billable_metric_key")).containsExactly("a");
    assertThat(third.truth("/pagination/has_more")).isFalse();
    assertThat(own.get(RULES + "?active=true").ok().each("version")).containsExactly("2", "4");
  }

  @Test
  void an_unknown_rule_or_filter_is_refused() {
    api.get(RULES + "/rul_aaaaaaaa").isProblem(404, "not_found");
    api.get(RULES + "/nothing").isProblem(404, "not_found");
    api.get(RULES + "?active=yes").isInvalid("?active");
    api.get(RULES + "?billable_metric_key=A-B").isInvalid("?billable_metric_key");
    api.get(RULES + "?metric=a&cursor=b").isInvalid("?metric");
    assertThat(api.get(RULES + "?billable_metric_key=nothing").ok().at("/data")).isEmpty();
  }
}
