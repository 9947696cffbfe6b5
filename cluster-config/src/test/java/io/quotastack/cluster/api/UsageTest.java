package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One usage event: how it is named, priced, dated and refused. */
class UsageTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String USAGE = "/v1/usage";

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetrics() {
    ApiClient api = TENANT.live();
    api.metric("tokens", "2");
    api.metric("free", "0");
    api.post("/v1/billable-metrics", "{\"key\": \"unpriced\", \"name\": \"No price\"}").created();
    api.grant("forms", 9_000_000_000_000_000L);
  }

  @Test
  void usage_is_priced_debited_and_answered_at_once() {
    String block = api.grant("whole", 1000).text("/block/id");
    Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    Answer used =
        api.post(
                USAGE,
                """
                {"external_customer_id": "whole", "billable_metric_key": "tokens",
                 "units": "12.50", "timestamp": "%s", "properties": {"model": "large"},
                 "metadata": {"request": "r-1"}}
                """
                    .formatted(before.minus(Duration.ofDays(1))))
            .created();
    assertThat(used.text("/external_customer_id")).isEqualTo("whole");
    assertThat(used.text("/billable_metric_key")).isEqualTo("tokens");
    assertThat(used.text("/units")).isEqualTo("12.5");
    assertThat(used.number("/cost")).isEqualTo(25);
    assertThat(used.number("/rule_version")).isEqualTo(1);
    assertThat(used.at("/allocations").toString())
        .isEqualTo("[{\"block_id\":\"%s\",\"amount\":25}]".formatted(block));
    assertThat(used.number("/overage")).isZero();
    assertThat(used.number("/balance")).isEqualTo(975);
    assertThat(used.number("/effective_balance")).isEqualTo(975);
    assertThat(used.number("/ledger_sequence")).isEqualTo(2);
    assertThat(Instant.parse(used.text("/timestamp"))).isEqualTo(before.minus(Duration.ofDays(1)));
    assertThat(Instant.parse(used.text("/created_at"))).isBetween(before, Instant.now());

    JsonNode entry = api.get("/v1/ledger/" + used.text("/ledger_entry_id")).ok().json();
    assertThat(entry.path("type").textValue()).isEqualTo("debit");
    assertThat(entry.path("delta").longValue()).isEqualTo(-25);
    assertThat(entry.path("balance_after").longValue()).isEqualTo(975);
    assertThat(entry.path("allocations")).isEqualTo(used.at("/allocations"));
    assertThat(entry.path("reference").path("type").textValue()).isEqualTo("usage");
    assertThat(entry.path("reference").path("id")).isEqualTo(used.at("/usage_event_id"));
    assertThat(entry.path("metadata").toString()).isEqualTo("{\"request\":\"r-1\"}");
    assertThat(entry.path("created_at")).isEqualTo(used.at("/created_at"));

    Answer credits = api.get(byExternalId("whole") + "/credits").ok();
    assertThat(credits.number("/balance")).isEqualTo(975);
    assertThat(credits.number("/lifetime_consumed")).isEqualTo(25);
    assertThat(credits.number("/lifetime_granted")).isEqualTo(1000);
  }

  @Test
  void an_event_needs_nothing_but_a_customer_and_a_metric() {
    Answer granted = api.grant("least", 10);
    Answer used =
        api.post(
                USAGE,
                """
                {"customer_id": "%s", "external_customer_id": null, "units": null,
                 "billable_metric_key": "tokens", "timestamp": null, "properties": null,
                 "metadata": null}
                """
                    .formatted(granted.text("/customer_id")))
            .created();
    assertThat(used.text("/units")).isEqualTo("1");
    assertThat(used.text("/external_customer_id")).isEqualTo("least");
    assertThat(used.text("/timestamp")).isEqualTo(used.text("/created_at"));
    assertThat(api.use("least", "tokens", "1").created().number("/balance")).isEqualTo(6);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"customer_id\": null, \"external_customer_id\": null,",
        "\"customer_id\": \"6f1dbd6e-7a0f-5c55-9f3b-2f5b4c9a1e70\","
            + " \"external_customer_id\": \"forms\",",
      })
  void an_event_names_its_customer_in_exactly_one_way(String members) {
    api.post(USAGE, "{%s \"billable_metric_key\": \"tokens\"}".formatted(members))
        .isProblem(400, "customer_identifier");
  }

  @Test
  void usage_never_creates_a_customer() {
    api.use("stranger", "tokens", "1").isProblem(404, "customer_not_found");
    api.use("stranger", "free", "0").isProblem(404, "customer_not_found");
    api.post(
            USAGE,
            "{\"customer_id\": \"%s\", \"billable_metric_key\": \"tokens\"}"
                .formatted(UUID.randomUUID()))
        .isProblem(404, "customer_not_found");
    api.get(byExternalId("stranger")).isProblem(404, "customer_not_found");
  }

  @Test
  void a_metric_without_a_price_cannot_be_used() {
    api.use("forms", "unpriced", "1").isProblem(422, "no_metering_rule");
    api.use("forms", "never_heard_of", "1").isProblem(422, "no_metering_rule");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          1                              | 1                         | 2
          "1"                            | 1                         | 2
          1.0                            | 1                         | 2
          1e3                            | 1000                      | 2000
          "1e3"                          | 1000                      | 2000
          "1E+3"                         | 1000                      | 2000
          15e-1                          | 1.5                       | 3
          "12.50"                        | 12.5                      | 25
          0                              | 0                         | 0
          "0"                            | 0                         | 0
          0.000                          | 0                         | 0
          0e99                           | 0                         | 0
          -0                             | 0                         | 0
          0.000000001                    | 0.000000001               | 1
          "1e-9"                         | 0.000000001               | 1
          "0.1000000000000000000"        | 0.1                       | 1
          999999999999999                | 999999999999999           | 1999999999999998
          "999999999999999.999999999"    | 999999999999999.999999999 | 2000000000000000
          """)
  void units_are_a_decimal_as_a_number_or_a_string(String written, String units, long cost) {
    Answer used = api.use("forms", "tokens", written).created();
    assertThat(used.text("/units")).isEqualTo(units);
    assertThat(used.number("/cost")).isEqualTo(cost);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-1",
        "\"-1\"",
        "-0.000000001",
        "1000000000000000",
        "\"1234567890123456\"",
        "1e15",
        "\"1e400\"",
        "1e400",
        "\"1e999999999\"",
        "\"0.0000000001\"",
        "1e-10",
        "\"\"",
        "\" 1\"",
        "\"+1\"",
        "\"01\"",
        "\".5\"",
        "\"5.\"",
        "\"1,5\"",
        "\"0x10\"",
        "\"NaN\"",
        "\"Infinity\"",
        "\"one\"",
        "true",
        "[1]",
        "{}",
      })
  void what_is_no_such_decimal_is_no_units(String written) {
    api.use("forms", "tokens", written).isInvalid("/units");
  }

  @Test
  void no_units_cost_nothing_and_are_recorded() {
    api.post("/v1/customers", "{\"external_id\": \"poor\"}").created();
    Answer used = api.use("poor", "tokens", "0").created();
    assertThat(used.number("/cost")).isZero();
    assertThat(used.at("/allocations")).isEmpty();
    assertThat(used.number("/balance")).isZero();
    assertThat(api.use("poor", "free", "1000000").created().number("/ledger_sequence"))
        .isEqualTo(2);
    assertThat(api.ledger("poor"))
        .extracting(entry -> entry.path("delta").longValue())
        .containsExactly(0L, 0L);
  }

  @Test
  void usage_beyond_the_credits_is_refused_and_nothing_changes() {
    api.grant("short", 9);
    String all = byExternalId("short") + "/credits?include_blocks=true";
    Answer before = api.get(all).ok();
    Answer refused = api.use("short", "tokens", "5").isProblem(402, "insufficient_credits");
    assertThat(refused.number("/required")).isEqualTo(10);
    assertThat(refused.number("/available")).isEqualTo(9);
    assertThat(refused.number("/shortfall")).isEqualTo(1);
    assertThat(api.get(all).ok().body()).isEqualTo(before.body());
    assertThat(api.ledger("short")).hasSize(1);
    assertThat(api.use("short", "tokens", "4.5").created().number("/balance")).isZero();
    assertThat(
            api.use("short", "tokens", "0.1")
                .isProblem(402, "insufficient_credits")
                .number("/available"))
        .isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"P-29DT-23H-59M", "P-1D", "PT0S", "PT4M50S"})
  void usage_is_dated_up_to_30_days_back_and_5_minutes_ahead(Duration offset) {
    Instant timestamp = Instant.now().plus(offset).truncatedTo(ChronoUnit.MILLIS);
    assertThat(Instant.parse(dated(timestamp.toString()).created().text("/timestamp")))
        .isEqualTo(timestamp);
  }

  @ParameterizedTest
  @ValueSource(strings = {"P-30DT-1M", "P-400D", "PT5M30S", "P365D"})
  void usage_dated_beyond_that_is_refused(Duration offset) {
    Answer refused =
        dated(Instant.now().plus(offset).toString()).isProblem(422, "timestamp_out_of_range");
    assertThat(refused.pointers()).containsExactly("/timestamp");
  }

  @ParameterizedTest
  @ValueSource(strings = {"now", "2026-01-01", "2026-01-01T00:00:00", "10000-01-01T00:00:00Z", ""})
  void what_is_no_instant_is_no_timestamp(String timestamp) {
    dated(timestamp).isInvalid("/timestamp");
  }

  private Answer dated(String timestamp) {
    return api.post(
        USAGE,
        """
        {"external_customer_id": "forms", "billable_metric_key": "tokens", "timestamp": "%s"}
        """
            .formatted(timestamp));
  }

  @Test
  void everything_wrong_with_an_event_is_told_at_once() {
    api.post(
            USAGE,
            """
            {"customer_id": "not a uuid", "external_customer_id": "", "units": -1, "amount": 3,
             "timestamp": 5, "properties": {"model": 4}, "metadata": []}
            """)
        .isInvalid(
            "/customer_id",
            "/external_customer_id",
            "/billable_metric_key",
            "/units",
            "/amount",
            "/timestamp",
            "/properties/model",
            "/metadata");
  }
}
