package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Granting credits: the terms of a block, and the amounts there can be. */
class GrantsTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final long MAX = 9_007_199_254_740_991L;

  private final ApiClient api = TENANT.live();

  @Test
  void a_grant_has_terms_of_every_kind_and_answers_block_entry_and_balance() {
    api.grant("full", 100);
    Answer granted =
        api.grant(
            "full",
            """
            {"credits": 5000, "source": "trial", "reason": "Welcome", "priority": 7,
             "effective_at": "2020-01-31T23:30:00.9999+01:00",
             "expires_at": "2100-06-01T02:00:00.123456+02:00",
             "metric_keys": ["b_2", "a_1"], "price_paid": "19.900", "currency": "EUR",
             "metadata": {"order": "o-1"}}
            """);

    JsonNode block = granted.at("/block");
    assertThat(block.path("original_amount").longValue()).isEqualTo(5000);
    assertThat(block.path("remaining_amount").longValue()).isEqualTo(5000);
    assertThat(block.path("held_amount").longValue()).isZero();
    assertThat(block.path("source").textValue()).isEqualTo("trial");
    assertThat(block.path("reason").textValue()).isEqualTo("Welcome");
    assertThat(block.path("priority").intValue()).isEqualTo(7);
    assertThat(block.path("effective_at").textValue()).isEqualTo("2020-01-31T22:30:00.999Z");
    assertThat(block.path("expires_at").textValue()).isEqualTo("2100-06-01T00:00:00.123Z");
    assertThat(block.path("metric_keys").toString()).isEqualTo("[\"b_2\",\"a_1\"]");
    assertThat(block.path("paid").booleanValue()).isTrue();
    assertThat(block.path("price_paid").textValue()).isEqualTo("19.9");
    assertThat(block.path("currency").textValue()).isEqualTo("EUR");
    assertThat(block.path("metadata").toString()).isEqualTo("{\"order\":\"o-1\"}");
    assertThat(block.path("status").textValue()).isEqualTo("active");

    JsonNode entry = granted.at("/ledger_entry");
    String blockId = block.path("id").textValue();
    assertThat(entry.path("sequence").longValue()).isEqualTo(2);
    assertThat(entry.path("type").textValue()).isEqualTo("grant");
    assertThat(entry.path("delta").longValue()).isEqualTo(5000);
    assertThat(entry.path("balance_after").longValue()).isEqualTo(5100);
    assertThat(entry.path("allocations").toString())
        .isEqualTo("[{\"block_id\":\"%s\",\"amount\":5000}]".formatted(blockId));
    assertThat(entry.path("reference").toString())
        .isEqualTo("{\"type\":\"block\",\"id\":\"%s\"}".formatted(blockId));
    assertThat(entry.path("reason").textValue()).isEqualTo("Welcome");
    assertThat(entry.path("metadata")).isEqualTo(block.path("metadata"));
    assertThat(entry.path("created_at")).isEqualTo(block.path("created_at"));

    assertThat(granted.number("/balance")).isEqualTo(5100);
    assertThat(granted.number("/effective_balance")).isEqualTo(5100);
    assertThat(granted.number("/reserved_balance")).isZero();
    assertThat(granted.number("/overage_balance")).isZero();

    Answer credits = api.get(byExternalId("full") + "/credits?include_blocks=true").ok();
    assertThat(credits.number("/balance")).isEqualTo(5100);
    assertThat(credits.number("/lifetime_granted")).isEqualTo(5100);
    assertThat(credits.number("/lifetime_consumed")).isZero();
    assertThat(credits.number("/version")).isEqualTo(granted.number("/version"));
    assertThat(credits.at("/blocks/0")).isEqualTo(block);
    assertThat(credits.at("/blocks")).hasSize(2);
  }

  @Test
  void a_grant_needs_nothing_but_an_amount() {
    JsonNode block = api.grant("plain", 1000).at("/block");
    assertThat(block.path("source").textValue()).isEqualTo("promotional");
    assertThat(block.path("priority").intValue()).isZero();
    assertThat(block.path("effective_at")).isEqualTo(block.path("created_at"));
    assertThat(block.path("paid").booleanValue()).isFalse();
    assertThat(block.path("metadata")).isEmpty();
    for (String member : List.of("expires_at", "price_paid", "currency", "metric_keys", "reason")) {
      assertThat(block.path(member).isNull()).as(member).isTrue();
    }
    assertThat(
            api.grant(
                    "plain",
                    """
                    {"credits": 1000, "source": null, "priority": null, "effective_at": null,
                     "expires_at": null, "expires_after_seconds": null, "metric_keys": null,
                     "price_paid": null, "currency": null, "reason": null, "metadata": null}
                    """)
                .number("/balance"))
        .isEqualTo(2000);
  }

  @Test
  void the_first_grant_to_an_external_id_creates_the_customer() {
    Answer granted = api.grant("new by grant", 250);
    Answer customer = api.get(byExternalId("new by grant")).ok();
    assertThat(customer.text("/external_customer_id")).isEqualTo("new by grant");
    assertThat(customer.text("/customer_id")).isEqualTo(granted.text("/customer_id"));
    assertThat(customer.text("/created_at")).isEqualTo(granted.text("/block/created_at"));
    assertThat(granted.number("/ledger_entry/sequence")).isEqualTo(1);
  }

  @Test
  void a_grant_to_an_unknown_uuid_creates_nobody() {
    String path = "/v1/customers/" + UUID.randomUUID();
    api.post(path + "/credits/grant", "{\"credits\": 250}").isProblem(404, "customer_not_found");
    api.get(path).isProblem(404, "customer_not_found");
  }

  @Test
  void a_refused_grant_creates_nobody() {
    String path = byExternalId("refused");
    api.post(path + "/credits/grant", "{\"credits\": 5, \"expires_at\": \"2001-01-01T00:00:00Z\"}")
        .isInvalid("/expires_at");
    api.get(path).isProblem(404, "customer_not_found");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"plan", "topup", "promotional", "trial", "rollover", "adjustment", "refund"})
  void a_block_comes_from_any_source(String source) {
    Answer granted = api.grant("sources", "{\"credits\": 1, \"source\": \"%s\"}".formatted(source));
    assertThat(granted.text("/block/source")).isEqualTo(source);
  }

  @ParameterizedTest
  @CsvSource({"0, false, 0", "\"0.00\", false, 0", "0.001, true, 0.001", "1e2, true, 100"})
  void a_block_is_paid_if_its_price_is_above_0(String price, boolean paid, String answered) {
    Answer granted = api.grant("prices", "{\"credits\": 1, \"price_paid\": %s}".formatted(price));
    assertThat(granted.truth("/block/paid")).isEqualTo(paid);
    assertThat(granted.text("/block/price_paid")).isEqualTo(answered);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          "source": "gift"                                 | /source
          "priority": -1                                   | /priority
          "priority": 256                                  | /priority
          "priority": 1.5                                  | /priority
          "priority": "1"                                  | /priority
          "reason": ""                                     | /reason
          "currency": "EURO"                               | /currency
          "currency": "eur"                                | /currency
          "currency": "ZZZ"                                | /currency
          "price_paid": -1                                 | /price_paid
          "price_paid": "ten"                              | /price_paid
          "price_paid": "0.0000000001"                     | /price_paid
          "metric_keys": []                                | /metric_keys
          "metric_keys": "a"                               | /metric_keys
          "metric_keys": ["a", "a"]                        | /metric_keys
          "metric_keys": ["a", "B", 1]                     | /metric_keys/1, /metric_keys/2
          "effective_at": "tomorrow"                       | /effective_at
          "effective_at": "2030-01-01"                     | /effective_at
          "effective_at": "2030-01-01T00:00:00"            | /effective_at
          "effective_at": "2030-02-30T00:00:00Z"           | /effective_at
          "effective_at": 1893456000                       | /effective_at
          "expires_at": "2001-01-01T00:00:00Z"             | /expires_at
          "expires_at": "1969-12-31T23:59:59Z"             | /expires_at
          "expires_after_seconds": 0                       | /expires_after_seconds
          "expires_after_seconds": 3155760001              | /expires_after_seconds
          "expires_after_seconds": 1.5                     | /expires_after_seconds
          "note": "x"                                      | /note
          """)
  void terms_that_make_no_sense_are_refused(String member, String pointers) {
    api.post(byExternalId("nonsense") + "/credits/grant", "{\"credits\": 1, %s}".formatted(member))
        .isInvalid(pointers.split(", "));
  }

  @Test
  void everything_wrong_with_a_grant_is_told_at_once() {
    api.post(
            byExternalId("nonsense") + "/credits/grant",
            """
            {"credits": "100", "source": 1, "priority": 300, "metadata": {"a": 1}, "amount": 5,
             "metric_keys": ["A"]}
            """)
        .isInvalid("/credits", "/source", "/priority", "/metadata/a", "/amount", "/metric_keys/0");
  }

  @Test
  void texts_and_lists_have_a_longest() {
    String keys =
        IntStream.range(0, 100)
            .mapToObj(i -> "\"k%d\"".formatted(i))
            .collect(Collectors.joining(","));
    Answer granted =
        api.grant(
            "long",
            "{\"credits\": 1, \"priority\": 255, \"reason\": \"%s\", \"metric_keys\": [%s]}"
                .formatted("é".repeat(500), keys));
    assertThat(granted.at("/block/metric_keys")).hasSize(100);
    assertThat(granted.number("/block/priority")).isEqualTo(255);
    api.post(
            byExternalId("long") + "/credits/grant",
            "{\"credits\": 1, \"reason\": \"%s\", \"metric_keys\": [%s, \"k100\"]}"
                .formatted("é".repeat(501), keys))
        .isInvalid("/reason", "/metric_keys");
  }

  // ------------------------------------------------------------------------------------------

  @Test
  void a_block_expires_at_an_instant_or_after_a_time_but_not_both() {
    api.post(
            byExternalId("either") + "/credits/grant",
            """
            {"credits": 1, "expires_at": "2100-01-01T00:00:00Z", "expires_after_seconds": 60}
            """)
        .isInvalid("/expires_after_seconds");

    Answer now = api.grant("either", "{\"credits\": 1, \"expires_after_seconds\": 3600}");
    assertThat(instant(now, "/block/expires_at"))
        .isEqualTo(instant(now, "/block/created_at").plusSeconds(3600));

    Answer later =
        api.grant(
            "either",
            """
            {"credits": 1, "effective_at": "2090-01-01T00:00:00Z",
             "expires_after_seconds": 3155760000}
            """);
    assertThat(later.text("/block/expires_at")).isEqualTo("2190-01-02T00:00:00.000Z");
  }

  @Test
  void a_block_may_not_expire_before_it_begins() {
    for (String expiry :
        List.of("2089-12-31T23:59:59.999Z", "2090-01-01T00:00:00Z", "2090-01-01T01:00:00+02:00")) {
      api.post(
              byExternalId("backwards") + "/credits/grant",
              """
              {"credits": 1, "effective_at": "2090-01-01T00:00:00Z", "expires_at": "%s"}
              """
                  .formatted(expiry))
          .isInvalid("/expires_at");
    }
    api.grant(
        "backwards",
        """
        {"credits": 1, "effective_at": "2090-01-01T00:00:00Z",
         "expires_at": "2090-01-01T00:00:00.001Z"}
        """);
  }

  @Test
  void a_block_that_began_in_the_past_counts_its_time_from_then() {
    Answer granted =
        api.grant(
            "past",
            """
            {"credits": 1, "effective_at": "2020-01-01T00:00:00Z", "expires_at": "2100-01-01T00:00:00Z"}
            """);
    assertThat(granted.text("/block/effective_at")).isEqualTo("2020-01-01T00:00:00.000Z");
    assertThat(granted.text("/block/status")).isEqualTo("active");
    api.post(
            byExternalId("past") + "/credits/grant",
            """
            {"credits": 1, "effective_at": "2020-01-01T00:00:00Z", "expires_after_seconds": 60}
            """)
        .isInvalid("/expires_after_seconds");
  }

  // ------------------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"1, 1", "9007199254740991, 9007199254740991", "1000.0, 1000", "1e3, 1000"})
  void an_amount_is_a_whole_number_of_millicredits(String written, long amount) {
    Answer granted = api.grant("amount " + written, "{\"credits\": %s}".formatted(written));
    assertThat(granted.number("/block/original_amount")).isEqualTo(amount);
    assertThat(granted.number("/balance")).isEqualTo(amount);
    assertThat(granted.body()).contains("\"original_amount\":%d,".formatted(amount));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "-1", "10.5", "1e-3", "0.1", "\"100\"", "\"\"", "true", "null", "[1]", "{}"})
  void what_is_no_whole_number_above_0_is_no_amount(String written) {
    api.post(byExternalId("bad") + "/credits/grant", "{\"credits\": %s}".formatted(written))
        .isInvalid("/credits");
  }

  @Test
  void a_grant_without_an_amount_is_refused() {
    api.post(byExternalId("bad") + "/credits/grant", "{}").isInvalid("/credits");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9007199254740992",
        "-9007199254740992",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551617",
        "1e16",
        "1e400",
        "-1e400",
      })
  void an_amount_beyond_the_safe_integers_is_out_of_range(String written) {
    Answer refused =
        api.post(byExternalId("big") + "/credits/grant", "{\"credits\": %s}".formatted(written))
            .isProblem(422, "amount_out_of_range");
    assertThat(refused.pointers()).containsExactly("/credits");
  }

  @Test
  void a_sum_beyond_the_safe_integers_is_out_of_range_and_nothing_changes() {
    api.grant("sum", MAX - 10);
    api.grant("sum", "{\"credits\": 4, \"effective_at\": \"2100-01-01T00:00:00Z\"}");
    Answer before = api.get(byExternalId("sum") + "/credits?include_blocks=true").ok();

    api.post(byExternalId("sum") + "/credits/grant", "{\"credits\": 7}")
        .isProblem(422, "amount_out_of_range");
    assertThat(api.get(byExternalId("sum") + "/credits?include_blocks=true").ok().body())
        .isEqualTo(before.body());

    assertThat(api.grant("sum", 6).number("/balance")).isEqualTo(MAX - 4);
    assertThat(api.get(byExternalId("sum") + "/ledger/verify").ok().truth("/valid")).isTrue();
  }

  private static Instant instant(Answer answer, String pointer) {
    return Instant.parse(answer.text(pointer));
  }
}
