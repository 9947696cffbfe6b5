package io.quotastack.cluster.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.TestNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a rule would charge, before it is made. */
class MeteringRulePreviewTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String PREVIEW = "/v1/metering-rules/preview";
  private static final String GRADUATED =
      """
      "cost_type": "graduated", "tiers": [{"up_to": 1000, "unit_cost": 10},
      {"unit_cost": 5, "flat_cost": 200}]
      """;

  private final ApiClient api = TENANT.live();

  private Answer preview(String members) {
    return api.post(PREVIEW, "{%s}".formatted(members));
  }

  @Test
  void one_event_is_one_unit_by_default() {
    Answer answer = preview("\"cost_type\": \"per_unit\", \"unit_cost\": \"2.5\"").ok();

    assertThat(answer.json())
        .isEqualTo(
            Answer.json(
                """
                {"cost": 3, "costs": [{"units": "1", "units_before": null, "cost": 3,
                 "total_cost": 3, "problem": null}]}
                """));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          "cost_type": "flat", "flat_cost": 7, "units": 0                           | 7
          "cost_type": "per_unit", "unit_cost": 0.5, "units": "3"                   | 2
          "cost_type": "per_unit", "unit_cost": 0.5, "units": 3, "rounding": "down" | 1
          "cost_type": "package", "package_size": 10, "package_cost": 4, "units": 11 | 8
          "cost_type": "tiered", "tiers": [{"up_to": 5, "unit_cost": 7}, {"unit_cost": 6}], "units": 6 | 36
          "cost_type": "graduated", "tiers": [{"up_to": 5, "unit_cost": 7}, {"unit_cost": 6}], "units": 6 | 41
          "cost_type": "flat", "flat_cost": 7, "units": null, "properties": null, "events": null | 7
          "cost_type": "flat", "flat_cost": 7, "billable_metric_key": "nothing_yet", "effective_at": "2000-01-01T00:00:00Z" | 7
          """)
  void a_single_event_is_priced_by_any_cost(String members, long costMc) {
    assertThat(preview(members).ok().number("/cost")).isEqualTo(costMc);
  }

  @Test
  void events_are_priced_each_for_itself_and_in_sum() {
    Answer answer =
        preview(GRADUATED + ", \"events\": [{\"units\": 1200}, {}, {\"units\": \"0.5\"}]").ok();

    assertThat(numbers(answer, "cost")).containsExactly(11_200L, 10L, 5L);
    assertThat(numbers(answer, "total_cost")).containsExactly(11_200L, 11_210L, 11_215L);
    assertThat(answer.number("/cost")).isEqualTo(11_215);
    assertThat(answer.textOrNull("/costs/2/units_before")).isNull();
  }

  @Test
  void over_a_period_each_event_is_priced_from_where_the_one_before_ended() {
    Answer answer =
        preview(
                GRADUATED
                    + ", \"tier_scope\": \"period\", \"events\": ["
                    + "{\"units\": 800}, {\"units\": 400}, {\"units\": 0}, {\"units\": 100}]")
            .ok();

    assertThat(numbers(answer, "cost")).containsExactly(8_000L, 3_200L, 0L, 500L);
    assertThat(answer.number("/cost")).isEqualTo(11_700);
    assertThat(texts(answer, "units_before")).containsExactly("0", "800", "1200", "1200");
    assertThat(
            preview(GRADUATED + ", \"tier_scope\": \"period\", \"units\": 1300")
                .ok()
                .number("/cost"))
        .isEqualTo(11_700);
  }

  @Test
  void a_period_may_have_begun_before() {
    Answer answer =
        preview(
                GRADUATED
                    + ", \"tier_scope\": \"period\", \"units_before\": \"999.5\", \"units\": 1")
            .ok();

    assertThat(answer.text("/costs/0/units_before")).isEqualTo("999.5");
    assertThat(answer.number("/cost")).isEqualTo(5 + 200 + 3);
  }

  @Test
  void a_price_by_volume_that_falls_costs_nothing() {
    Answer answer =
        preview(
                """
                "cost_type": "tiered", "tier_scope": "period",
                "tiers": [{"up_to": 100, "unit_cost": 10}, {"unit_cost": 5}],
                "events": [{"units": 90}, {"units": 20}, {"units": 20}]
                """)
            .ok();

    assertThat(numbers(answer, "cost")).containsExactly(900L, 0L, 100L);
  }

  private static final String BY_MODEL =
      """
      "cost_type": "per_unit", "dimensions": [
        {"match": {"model": "large", "direction": "output"}, "unit_cost": 8},
        {"match": {"model": "large"}, "unit_cost": 4}]
      """;

  @Test
  void dimensions_price_events_by_their_properties() {
    Answer answer =
        preview(
                BY_MODEL
                    + """
                    , "unit_cost": 1, "events": [
                      {"properties": {"model": "large", "direction": "output"}},
                      {"properties": {"model": "large", "direction": "input"}},
                      {"properties": {"model": "small"}},
                      {"units": 2}]
                    """)
            .ok();

    assertThat(numbers(answer, "cost")).containsExactly(8L, 4L, 1L, 2L);
    assertThat(
            preview(BY_MODEL + ", \"properties\": {\"model\": \"large\"}, \"units\": 3")
                .ok()
                .number("/cost"))
        .isEqualTo(12);
  }

  @Test
  void an_event_without_a_price_is_told_so_and_counts_for_nothing() {
    preview(BY_MODEL + ", \"properties\": {\"model\": \"small\"}").isProblem(422, "no_price");
    Answer answer =
        preview(
                """
                "tier_scope": "period", "dimensions": [
                  {"match": {"model": "large"}, "cost_type": "package", "package_size": 10,
                   "package_cost": 3}],
                "events": [
                  {"units": 6, "properties": {"model": "large"}},
                  {"units": 6, "properties": {"model": "small"}},
                  {"units": 4, "properties": {"model": "large"}}]
                """)
            .ok();

    assertThat(numbers(answer, "cost")).containsExactly(3L, null, 0L);
    assertThat(numbers(answer, "total_cost")).containsExactly(3L, 3L, 3L);
    assertThat(texts(answer, "units_before")).containsExactly("0", "6", "6");
    assertThat(answer.text("/costs/1/problem/type")).isEqualTo("/problems/no_price");
    assertThat(answer.number("/costs/1/problem/status")).isEqualTo(422);
    assertThat(answer.at("/costs/1/problem").has("instance")).isFalse();
    assertThat(answer.at("/costs/2/problem").isNull()).isTrue();
  }

  @Test
  void a_cost_out_of_range_is_told_so() {
    String dear = "\"cost_type\": \"per_unit\", \"unit_cost\": 9007199254740991";
    preview("\"cost_type\": \"per_unit\", \"unit_cost\": 999999999999999, \"units\": 10")
        .isProblem(422, "amount_out_of_range");
    preview(dear).isInvalid("/unit_cost");
    Answer answer =
        preview(
                "\"cost_type\": \"per_unit\", \"unit_cost\": 900719925474099, \"events\": ["
                    + "{\"units\": 10}, {\"units\": 11}, {\"units\": \"0.00000000000001\"}]")
            .isInvalid("/events/2/units");
    assertThat(answer.body()).contains("9 digits after the decimal point");

    Answer sums =
        preview(
                "\"cost_type\": \"per_unit\", \"unit_cost\": 900719925474099, \"events\": ["
                    + "{\"units\": 10}, {\"units\": 11}, {\"units\": 1}, {\"units\": 0}]")
            .ok();
    assertThat(numbers(sums, "cost")).containsExactly(9_007_199_254_740_990L, null, null, 0L);
    assertThat(sums.text("/costs/1/problem/type")).isEqualTo("/problems/amount_out_of_range");
    assertThat(sums.text("/costs/2/problem/type")).isEqualTo("/problems/amount_out_of_range");
    assertThat(sums.number("/cost")).isEqualTo(9_007_199_254_740_990L);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          "units": 1                                                            | /cost_type
          "cost_type": "flat", "flat_cost": 1, "units": -1                      | /units
          "cost_type": "flat", "flat_cost": 1, "units": "many"                  | /units
          "cost_type": "flat", "flat_cost": 1, "properties": {"a": 1}           | /properties/a
          "cost_type": "flat", "flat_cost": 1, "events": []                     | /events
          "cost_type": "flat", "flat_cost": 1, "events": [{"units": -1}, 7]     | /events/0/units, /events/1
          "cost_type": "flat", "flat_cost": 1, "events": [{"cost": 1}]          | /events/0/cost
          "cost_type": "flat", "flat_cost": 1, "events": [{}], "units": 1, "properties": {} | /units, /properties
          "cost_type": "flat", "flat_cost": 1, "units_before": 1                | /units_before
          "cost_type": "flat", "flat_cost": 1, "tier_scope": "period"           | /tier_scope
          "cost_type": "graduated", "tiers": [{"unit_cost": 1}], "tier_scope": "period", "units_before": -1 | /units_before
          "cost_type": "flat", "flat_cost": 1, "customer": "acme"               | /customer
          "cost_type": "flat", "flat_cost": 1, "billable_metric_key": "A-B"     | /billable_metric_key
          "cost_type": "flat", "flat_cost": 1, "effective_at": "soon"           | /effective_at
          """)
  void a_preview_that_makes_no_sense_is_refused(String members, String pointers) {
    preview(members).isInvalid(pointers.split(", "));
  }

  @Test
  void as_many_events_are_previewed_as_a_batch_may_have() {
    Answer answer = preview(GRADUATED + ", \"tier_scope\": \"period\", " + events(1_000)).ok();

    assertThat(answer.at("/costs")).hasSize(1_000);
    assertThat(answer.number("/cost")).isEqualTo(1_000 * 10 + 200 + 1_000 * 5);
    preview(GRADUATED + ", " + events(1_001)).isInvalid("/events");
  }

  private static String events(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "{\"units\": 2}")
        .collect(Collectors.joining(", ", "\"events\": [", "]"));
  }

  @Test
  void nothing_is_stored_not_even_the_answer() {
    api.post("/v1/billable-metrics", "{\"key\": \"tried\", \"name\": \"Tried\"}").created();
    String members = "\"billable_metric_key\": \"tried\", \"cost_type\": \"flat\", ";
    Answer first = api.post(PREVIEW, "{" + members + "\"flat_cost\": 1}", "one-key").ok();
    Answer second = api.post(PREVIEW, "{" + members + "\"flat_cost\": 2}", "one-key").ok();

    assertThat(first.number("/cost")).isEqualTo(1);
    assertThat(second.number("/cost")).isEqualTo(2);
    assertThat(second.isReplay()).isFalse();
    assertThat(api.get("/v1/billable-metrics/tried").ok().at("/active_rule").isNull()).isTrue();
    assertThat(api.get("/v1/metering-rules?billable_metric_key=tried").ok().at("/data")).isEmpty();
    assertThat(api.post("/v1/metering-rules", "{" + members + "\"flat_cost\": 3}", "one-key"))
        .returns(201, Answer::status);
  }

  @Test
  void it_is_a_post_with_a_key_like_any_other() {
    api.request("POST", PREVIEW)
        .json("{}")
        .without("Idempotency-Key")
        .send()
        .isProblem(400, "idempotency_key");
    api.get(PREVIEW).isProblem(405, "method_not_allowed");
  }

  private static List<@Nullable Long> numbers(Answer answer, String member) {
    var numbers = new ArrayList<@Nullable Long>();
    answer
        .at("/costs")
        .forEach(cost -> {
          assertThat(cost.has(member)).isTrue();
          numbers.add(cost.path(member).isNull() ? null : cost.path(member).longValue());
        });
    return numbers;
  }

  private static List<String> texts(Answer answer, String member) {
    var texts = new ArrayList<String>();
    answer.at("/costs").forEach(cost -> texts.add(cost.path(member).textValue()));
    return texts;
  }
}
