package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Balances corrected by hand: upwards by a block of its own, downwards out of all blocks. */
class AdjustmentsTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetrics() {
    TENANT.live().metric("tokens", "1");
    TENANT.live().metric("images", "1");
  }

  private static String path(String customer) {
    return byExternalId(customer) + "/credits/adjust";
  }

  private Answer adjust(String customer, long deltaMc) {
    return api.post(path(customer), "{\"delta\": %d, \"reason\": \"a test\"}".formatted(deltaMc));
  }

  @Test
  void a_correction_upwards_is_a_block_for_anything_that_never_expires() {
    String customerId = api.grant("up", 10).text("/customer_id");
    Answer entry =
        api.post(
                "/v1/customers/" + customerId + "/credits/adjust",
                "{\"delta\": 90, \"reason\": \"An outage\", \"metadata\": {\"ticket\": \"T-1\"}}")
            .ok();
    assertThat(LedgerWords.of(entry.json())).isEqualTo("adjust +90 -> 100/0/0");
    assertThat(entry.text("/reason")).isEqualTo("An outage");
    assertThat(entry.text("/metadata/ticket")).isEqualTo("T-1");
    assertThat(entry.text("/reference/type")).isEqualTo("block");
    assertThat(api.ledger("up").getLast()).isEqualTo(entry.json());

    String block = entry.text("/reference/id");
    assertThat(entry.at("/allocations").toString())
        .isEqualTo("[{\"block_id\":\"%s\",\"amount\":90}]".formatted(block));
    JsonNode made =
        api.get(byExternalId("up") + "/credits/blocks").ok().json().path("data").path(1);
    assertThat(made.path("id").textValue()).isEqualTo(block);
    assertThat(made.path("source").textValue()).isEqualTo("adjustment");
    assertThat(made.path("status").textValue()).isEqualTo("active");
    assertThat(made.path("original_amount").longValue()).isEqualTo(90);
    assertThat(made.path("remaining_amount").longValue()).isEqualTo(90);
    assertThat(made.path("priority").longValue()).isZero();
    assertThat(made.path("paid").booleanValue()).isFalse();
    assertThat(made.path("expires_at").isNull()).isTrue();
    assertThat(made.path("metric_keys").isNull()).isTrue();
    assertThat(made.path("reason").textValue()).isEqualTo("An outage");
    assertThat(made.path("metadata").toString()).isEqualTo("{\"ticket\":\"T-1\"}");

    assertThat(api.get(byExternalId("up") + "/credits").ok().number("/lifetime_granted"))
        .isEqualTo(100);
    assertThat(api.use("up", "images", "100").created().amounts("/allocations"))
        .containsExactly(10L, 90L);
  }

  @Test
  void a_correction_downwards_burns_all_blocks_in_burn_order_whatever_they_pay_for() {
    api.grant("down", "{\"credits\": 50, \"reason\": \"last\"}");
    String images =
        api.grant(
                "down",
                "{\"credits\": 20, \"metric_keys\": [\"images\"],"
                    + " \"expires_at\": \"2101-01-01T00:00:00Z\"}")
            .text("/block/id");
    String tokens =
        api.grant(
                "down",
                "{\"credits\": 30, \"metric_keys\": [\"tokens\"],"
                    + " \"expires_at\": \"2102-01-01T00:00:00Z\"}")
            .text("/block/id");

    Answer entry = adjust("down", -45).ok();

    assertThat(LedgerWords.of(entry.json())).isEqualTo("adjust -45 -> 55/0/0");
    assertThat(entry.at("/allocations").toString())
        .isEqualTo(
            "[{\"block_id\":\"%s\",\"amount\":20},{\"block_id\":\"%s\",\"amount\":25}]"
                .formatted(images, tokens));
    assertThat(entry.at("/reference").isNull()).isTrue();
    Answer credits = api.get(byExternalId("down") + "/credits").ok();
    assertThat(credits.number("/lifetime_granted")).isEqualTo(100);
    assertThat(credits.number("/lifetime_consumed")).isZero();
  }

  @Test
  void a_correction_downwards_follows_the_burn_order_of_the_tenant() {
    TestTenant own = TestTenant.in(TestNode.shared());
    ApiClient client = own.live();
    client.patch(own.configPath(), "{\"burn_order\": \"priority_first\"}").ok();
    client.grant(
        "down", "{\"credits\": 10, \"priority\": 5, \"expires_at\": \"2101-01-01T00:00:00Z\"}");
    String first = client.grant("down", "{\"credits\": 10, \"priority\": 4}").text("/block/id");
    Answer entry = client.post(path("down"), "{\"delta\": -4, \"reason\": \"a test\"}").ok();
    assertThat(entry.text("/allocations/0/block_id")).isEqualTo(first);
    assertThat(entry.amounts("/allocations")).containsExactly(4L);
  }

  @Test
  void what_is_held_or_pending_is_not_taken() {
    api.grant("bound", 100);
    api.grant("bound", "{\"credits\": 500, \"effective_at\": \"2100-01-01T00:00:00Z\"}");
    String reservation = Holds.credits(api, "bound", 60);
    String credits = byExternalId("bound") + "/credits?include_blocks=true";
    Answer before = api.get(credits).ok();

    Answer refused = adjust("bound", -41).isProblem(402, "insufficient_credits");

    assertThat(refused.number("/required")).isEqualTo(41);
    assertThat(refused.number("/available")).isEqualTo(40);
    assertThat(refused.number("/shortfall")).isEqualTo(1);
    assertThat(api.get(credits).ok().body()).isEqualTo(before.body());

    assertThat(LedgerWords.of(adjust("bound", -40).ok().json())).isEqualTo("adjust -40 -> 60/60/0");
    adjust("bound", -1).isProblem(402, "insufficient_credits");
    assertThat(Holds.commit(api, reservation, "").number("/cost")).isEqualTo(60);
    assertThat(api.balance("bound")).isZero();
  }

  @Test
  void a_balance_is_corrected_down_to_nothing_and_no_further_whatever_the_overage_policy() {
    api.post("/v1/customers", "{\"external_id\": \"emptied\", \"overage_policy\": \"allow\"}")
        .created();
    adjust("emptied", -1).isProblem(402, "insufficient_credits");
    adjust("emptied", 7).ok();
    adjust("emptied", -7).ok();
    adjust("emptied", -1).isProblem(402, "insufficient_credits");
    assertThat(LedgerWords.ledger(api, "emptied"))
        .containsExactly("adjust +7 -> 7/0/0", "adjust -7 -> 0/0/0");
  }

  @Test
  void a_correction_never_creates_a_customer() {
    adjust("nobody", 5).isProblem(404, "customer_not_found");
    adjust("nobody", -5).isProblem(404, "customer_not_found");
    api.get(byExternalId("nobody")).isProblem(404, "customer_not_found");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          "reason": "a"                                      | /delta
          "delta": null, "reason": "a"                       | /delta
          "delta": 0, "reason": "a"                          | /delta
          "delta": -0, "reason": "a"                         | /delta
          "delta": "5", "reason": "a"                        | /delta
          "delta": 1.5, "reason": "a"                        | /delta
          "delta": 5                                         | /reason
          "delta": 5, "reason": null                         | /reason
          "delta": 5, "reason": ""                           | /reason
          "delta": 5, "reason": 7                            | /reason
          "delta": 5, "reason": "a", "metadata": []          | /metadata
          "delta": 5, "reason": "a", "metadata": {"a": 1}    | /metadata/a
          "delta": 5, "reason": "a", "credits": 5            | /credits
          "delta": 0, "metadata": "x", "expires_at": "never" | /delta, /reason, /metadata, /expires_at
          """)
  void a_correction_that_makes_no_sense_is_refused(String members, String pointers) {
    api.post(path("up"), "{%s}".formatted(members)).isInvalid(pointers.split(", "));
  }

  @Test
  void a_reason_has_500_characters_at_most() {
    api.grant("reasons", 1);
    String body = "{\"delta\": 1, \"reason\": \"%s\"}";
    api.post(path("reasons"), body.formatted("ü".repeat(500))).ok();
    api.post(path("reasons"), body.formatted("ü".repeat(501))).isInvalid("/reason");
  }

  @ParameterizedTest
  @ValueSource(strings = {"9007199254740992", "-9007199254740992", "1e400"})
  void a_delta_beyond_all_amounts_is_refused(String delta) {
    api.post(path("up"), "{\"delta\": %s, \"reason\": \"a\"}".formatted(delta))
        .isProblem(422, "amount_out_of_range");
  }

  @Test
  void a_balance_is_not_corrected_beyond_all_amounts() {
    api.grant("full", 9_007_199_254_740_990L);
    adjust("full", 2).isProblem(422, "amount_out_of_range");
    assertThat(LedgerWords.of(adjust("full", 1).ok().json()))
        .isEqualTo("adjust +1 -> 9007199254740991/0/0");
    assertThat(LedgerWords.of(adjust("full", -9_007_199_254_740_991L).ok().json()))
        .isEqualTo("adjust -9007199254740991 -> 0/0/0");
  }

  @Test
  void a_retry_is_answered_as_before_and_corrects_nothing_again() {
    api.grant("retried", 100);
    String down = "{\"delta\": -30, \"reason\": \"once\"}";
    String up = "{\"delta\": 5, \"reason\": \"once\"}";
    Answer firstDown = api.post(path("retried"), down, "retried down").ok();
    Answer firstUp = api.post(path("retried"), up, "retried up").ok();
    assertThat(firstDown.isReplay()).isFalse();

    Answer againDown = api.post(path("retried"), down, "retried down").ok();
    Answer againUp = api.post(path("retried"), up, "retried up").ok();

    assertThat(againDown.isReplay()).isTrue();
    assertThat(againDown.body()).isEqualTo(firstDown.body());
    assertThat(againUp.isReplay()).isTrue();
    assertThat(againUp.body()).isEqualTo(firstUp.body());
    api.post(path("retried"), up, "retried down").isProblem(422, "idempotency_key_reused");
    assertThat(LedgerWords.ledger(api, "retried"))
        .containsExactly("grant +100 -> 100/0/0", "adjust -30 -> 70/0/0", "adjust +5 -> 75/0/0");
  }
}
