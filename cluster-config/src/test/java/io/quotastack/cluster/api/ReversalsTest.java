package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static io.quotastack.cluster.api.ApiClient.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import io.quotastack.engine.ids.OwnedId;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Usage that is given back: where the credits go, when they are lost, and what is refused. */
class ReversalsTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String REASON = "{\"reason\": \"It failed\"}";

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetrics() {
    TENANT.live().metric("tokens", "1");
    TENANT.live().metric("free", "0");
  }

  private static String path(String usage) {
    return "/v1/usage/" + usage + "/reverse";
  }

  private Answer reverse(String usage) {
    return api.post(path(usage), REASON);
  }

  private Answer reverse(String usage, long creditsMc) {
    return api.post(path(usage), "{\"credits\": %d, \"reason\": \"a part\"}".formatted(creditsMc));
  }

  private String use(String customer, String units) {
    return api.use(customer, "tokens", units).created().text("/usage_event_id");
  }

  private String grant(String customer, String json) {
    return api.grant(customer, json).text("/block/id");
  }

  private void customerWithOverage(String name) {
    api.post(
            "/v1/customers",
            "{\"external_id\": %s, \"overage_policy\": \"allow\"}".formatted(quoted(name)))
        .created();
  }

  private static String allocation(String block, long amountMc) {
    return "{\"block_id\":\"%s\",\"amount\":%d}".formatted(block, amountMc);
  }

  private static String allocations(String... allocations) {
    return "[" + String.join(",", allocations) + "]";
  }

  // ------------------------------------------------------------------------------------------
  // to the blocks

  @Test
  void a_whole_event_goes_back_to_its_blocks_the_last_first() {
    String first = grant("whole", "{\"credits\": 10, \"expires_at\": \"2101-01-01T00:00:00Z\"}");
    String second = grant("whole", "{\"credits\": 20}");
    String usage = use("whole", "15");
    assertThat(api.balance("whole")).isEqualTo(15);

    Answer back = reverse(usage).ok();

    assertThat(LedgerWords.of(back.json())).isEqualTo("reverse +15 -> 30/0/0");
    assertThat(back.at("/allocations").toString())
        .isEqualTo(allocations(allocation(second, 5), allocation(first, 10)));
    assertThat(back.text("/reason")).isEqualTo("It failed");
    assertThat(back.at("/reference").toString())
        .isEqualTo("{\"type\":\"usage\",\"id\":\"%s\"}".formatted(usage));
    assertThat(back.text("/usage_event_id")).isEqualTo(usage);
    assertThat(back.number("/amount")).isEqualTo(15);
    assertThat(back.number("/reversed")).isEqualTo(15);
    assertThat(back.number("/overage_reduced")).isZero();
    assertThat(back.number("/expired")).isZero();
    assertThat(back.number("/voided")).isZero();
    assertThat(LedgerWords.balances(back)).isEqualTo("30/0/0");

    JsonNode entry = api.ledger("whole").getLast();
    assertThat(entry.path("id")).isEqualTo(back.at("/id"));
    assertThat(entry.path("hash")).isEqualTo(back.at("/hash"));
    Answer credits = api.get(byExternalId("whole") + "/credits?include_blocks=true").ok();
    assertThat(credits.number("/lifetime_granted")).isEqualTo(30);
    assertThat(credits.number("/lifetime_consumed")).isZero();
    assertThat(credits.at("/blocks"))
        .extracting(
            block -> block.path("id").textValue() + " " + block.path("remaining_amount").asText())
        .containsExactly(first + " 10", second + " 20");
    assertThat(api.get(byExternalId("whole") + "/credits/blocks?status=exhausted").ok().at("/data"))
        .isEmpty();
  }

  @Test
  void an_event_goes_back_in_parts_up_to_its_cost() {
    String first = grant("parts", "{\"credits\": 10, \"expires_at\": \"2101-01-01T00:00:00Z\"}");
    String second = grant("parts", "{\"credits\": 20}");
    String usage = use("parts", "15");

    Answer one = reverse(usage, 7).ok();
    assertThat(one.at("/allocations").toString())
        .isEqualTo(allocations(allocation(second, 5), allocation(first, 2)));
    assertThat(one.number("/amount")).isEqualTo(7);
    assertThat(one.number("/reversed")).isEqualTo(7);

    Answer refused = reverse(usage, 9).isInvalid("/credits");
    assertThat(refused.text("/errors/0/detail")).contains("8 mc");
    assertThat(api.ledger("parts")).hasSize(4);

    Answer two = reverse(usage, 1).ok();
    assertThat(two.at("/allocations").toString()).isEqualTo(allocations(allocation(first, 1)));
    assertThat(two.number("/reversed")).isEqualTo(8);

    Answer rest = reverse(usage).ok();
    assertThat(rest.at("/allocations").toString()).isEqualTo(allocations(allocation(first, 7)));
    assertThat(rest.number("/amount")).isEqualTo(7);
    assertThat(rest.number("/reversed")).isEqualTo(15);
    assertThat(rest.number("/balance")).isEqualTo(30);

    reverse(usage).isInvalid("/credits");
    reverse(usage, 1).isInvalid("/credits");
    assertThat(api.balance("parts")).isEqualTo(30);
  }

  @Test
  void usage_that_cost_nothing_has_nothing_to_give_back() {
    api.grant("cheap", 10);
    String usage = api.use("cheap", "free", "5").created().text("/usage_event_id");
    reverse(usage).isInvalid("/credits");
    assertThat(api.ledger("cheap")).hasSize(2);
  }

  @Test
  void what_comes_back_can_be_used_and_given_back_again() {
    api.grant("again", 10);
    for (int i = 0; i < 3; i++) {
      reverse(use("again", "10")).ok();
    }
    assertThat(api.balance("again")).isEqualTo(10);
    assertThat(api.get(byExternalId("again") + "/ledger/verify").ok().truth("/valid")).isTrue();
  }

  // ------------------------------------------------------------------------------------------
  // to blocks that have ended

  @Test
  void what_belonged_to_a_block_that_has_expired_is_lost_at_once_and_says_so() {
    Instant expiry = Instant.now().plusMillis(900).truncatedTo(ChronoUnit.MILLIS);
    String ended = grant("expired", "{\"credits\": 10, \"expires_at\": \"%s\"}".formatted(expiry));
    String kept = grant("expired", "{\"credits\": 10}");
    String usage = use("expired", "14");
    await().atMost(Duration.ofSeconds(20)).until(() -> Instant.now().isAfter(expiry));

    Answer back = reverse(usage).ok();

    assertThat(back.number("/amount")).isEqualTo(14);
    assertThat(back.number("/expired")).isEqualTo(10);
    assertThat(back.number("/voided")).isZero();
    assertThat(back.at("/allocations").toString())
        .isEqualTo(allocations(allocation(kept, 4), allocation(ended, 10)));
    assertThat(LedgerWords.of(back.json())).isEqualTo("reverse +14 -> 20/0/0");
    assertThat(LedgerWords.balances(api, "expired")).isEqualTo("10/0/0");
    List<JsonNode> ledger = api.ledger("expired");
    assertThat(ledger.subList(3, 5))
        .extracting(LedgerWords::of)
        .containsExactly("reverse +14 -> 20/0/0", "expire -10 -> 10/0/0");
    assertThat(ledger.getLast().path("reason").textValue()).isEqualTo("expired");
    assertThat(ledger.getLast().path("allocations").toString())
        .isEqualTo(allocations(allocation(ended, 10)));
    assertThat(ledger.getLast().path("created_at")).isEqualTo(back.at("/created_at"));
    assertThat(api.get(byExternalId("expired") + "/credits/blocks").ok().each("id"))
        .containsExactly(kept);
    assertThat(api.get(byExternalId("expired") + "/credits/blocks?status=expired").ok().each("id"))
        .containsExactly(ended);
  }

  @Test
  void what_belonged_to_a_block_that_was_voided_is_lost_at_once_and_says_so() {
    String gone = grant("voided", "{\"credits\": 10, \"expires_at\": \"2101-01-01T00:00:00Z\"}");
    String kept = grant("voided", "{\"credits\": 10}");
    String usage = use("voided", "7");
    api.post("/v1/credits/blocks/" + gone + "/void", REASON).ok();

    Answer part = reverse(usage, 3).ok();

    assertThat(part.number("/voided")).isEqualTo(3);
    assertThat(part.number("/expired")).isZero();
    assertThat(part.number("/balance")).isEqualTo(10);
    reverse(usage).ok();
    assertThat(LedgerWords.ledger(api, "voided"))
        .endsWith(
            "void -3 -> 10/0/0",
            "reverse +3 -> 13/0/0",
            "void -3 -> 10/0/0",
            "reverse +4 -> 14/0/0",
            "void -4 -> 10/0/0");
    assertThat(api.get(byExternalId("voided") + "/credits/blocks").ok().each("id"))
        .containsExactly(kept);
  }

  // ------------------------------------------------------------------------------------------
  // overage

  @Test
  void overage_that_is_outstanding_is_reduced_first() {
    customerWithOverage("owing");
    String block = grant("owing", "{\"credits\": 10}");
    String usage = use("owing", "25");
    assertThat(LedgerWords.balances(api, "owing")).isEqualTo("0/0/15");

    Answer part = reverse(usage, 4).ok();
    assertThat(LedgerWords.of(part.json())).isEqualTo("reverse +0 -> 0/0/11");
    assertThat(part.number("/overage_reduced")).isEqualTo(4);
    assertThat(part.at("/allocations")).isEmpty();
    assertThat(LedgerWords.balances(part)).isEqualTo("0/0/11");

    Answer more = reverse(usage, 16).ok();
    assertThat(LedgerWords.of(more.json())).isEqualTo("reverse +5 -> 5/0/0");
    assertThat(more.number("/overage_reduced")).isEqualTo(11);
    assertThat(more.number("/reversed")).isEqualTo(20);
    assertThat(more.at("/allocations").toString()).isEqualTo(allocations(allocation(block, 5)));

    assertThat(LedgerWords.of(reverse(usage).ok().json())).isEqualTo("reverse +5 -> 10/0/0");
    assertThat(LedgerWords.balances(api, "owing")).isEqualTo("10/0/0");
  }

  @Test
  void overage_that_was_paid_since_comes_back_as_a_block_of_its_own() {
    customerWithOverage("settled");
    String block = grant("settled", "{\"credits\": 10}");
    String usage = use("settled", "25");
    api.grant("settled", "{\"credits\": 100, \"expires_at\": \"2101-01-01T00:00:00Z\"}");
    assertThat(LedgerWords.balances(api, "settled")).isEqualTo("85/0/0");

    Answer back = reverse(usage).ok();

    assertThat(LedgerWords.of(back.json())).isEqualTo("reverse +25 -> 110/0/0");
    assertThat(back.number("/overage_reduced")).isZero();
    assertThat(back.amounts("/allocations")).containsExactly(15L, 10L);
    assertThat(back.text("/allocations/1/block_id")).isEqualTo(block);
    JsonNode refund = blockOf("settled", back.text("/allocations/0/block_id"));
    assertThat(refund.path("source").textValue()).isEqualTo("refund");
    assertThat(refund.path("status").textValue()).isEqualTo("active");
    assertThat(refund.path("original_amount").longValue()).isEqualTo(15);
    assertThat(refund.path("remaining_amount").longValue()).isEqualTo(15);
    assertThat(refund.path("priority").longValue()).isZero();
    assertThat(refund.path("expires_at").isNull()).isTrue();
    assertThat(refund.path("metric_keys").isNull()).isTrue();
    assertThat(refund.path("reason").textValue()).isEqualTo("It failed");
    assertThat(api.use("settled", "tokens", "110").created().number("/overage")).isZero();
  }

  @Test
  void overage_that_was_paid_in_part_is_reduced_by_the_rest_of_it() {
    customerWithOverage("half");
    String usage = use("half", "15");
    api.grant("half", 10);
    assertThat(LedgerWords.balances(api, "half")).isEqualTo("0/0/5");

    Answer back = reverse(usage).ok();

    assertThat(LedgerWords.of(back.json())).isEqualTo("reverse +10 -> 10/0/0");
    assertThat(back.number("/overage_reduced")).isEqualTo(5);
    assertThat(back.amounts("/allocations")).containsExactly(10L);
    assertThat(blockOf("half", back.text("/allocations/0/block_id")).path("source").textValue())
        .isEqualTo("refund");
    assertThat(api.get(byExternalId("half") + "/ledger/verify").ok().truth("/valid")).isTrue();
  }

  private JsonNode blockOf(String customer, String id) {
    return api.list(byExternalId(customer) + "/credits/blocks").stream()
        .filter(block -> block.path("id").textValue().equals(id))
        .findFirst()
        .orElseThrow();
  }

  // ------------------------------------------------------------------------------------------
  // captures

  @Test
  void what_a_reservation_was_charged_for_is_given_back_like_usage() {
    String block = grant("captured", "{\"credits\": 100}");
    String reservation = Holds.units(api, "captured", "tokens", "20");
    String usage = Holds.commit(api, reservation, "\"actual_units\": 12").text("/usage_event_id");

    Answer part = reverse(usage, 5).ok();

    assertThat(LedgerWords.of(part.json())).isEqualTo("reverse +5 -> 93/0/0");
    assertThat(part.at("/allocations").toString()).isEqualTo(allocations(allocation(block, 5)));
    reverse(usage, 8).isInvalid("/credits");
    assertThat(reverse(usage).ok().number("/balance")).isEqualTo(100);
  }

  @Test
  void a_capture_of_credits_is_no_usage() {
    api.grant("credits", 100);
    Answer committed = Holds.commit(api, Holds.credits(api, "credits", 20), "");
    assertThat(committed.textOrNull("/usage_event_id")).isNull();
    UUID customer = UUID.fromString(api.get(byExternalId("credits")).ok().text("/customer_id"));
    OwnedId entry = OwnedId.Kind.LEDGER_ENTRY.parse(committed.text("/ledger_entry_id"));
    assertThat(entry).isNotNull();
    reverse(OwnedId.Kind.USAGE_EVENT.text(customer, entry.number())).isProblem(404, "not_found");
    assertThat(api.balance("credits")).isEqualTo(80);
  }

  // ------------------------------------------------------------------------------------------
  // what is refused, and retries

  @Test
  void usage_that_there_is_not_is_not_found() {
    api.grant("others", 10);
    String usage = use("others", "1");
    UUID customer = UUID.fromString(api.get(byExternalId("others")).ok().text("/customer_id"));
    for (String id : OtherIds.than(OwnedId.Kind.USAGE_EVENT, customer, 3, 2, 4)) { // 2 is the grant
      reverse(id).isProblem(404, "not_found");
    }
    TENANT.test().post(path(usage), REASON).isProblem(404, "not_found");
    TestTenant.in(TestNode.shared()).live().post(path(usage), REASON).isProblem(404, "not_found");
    assertThat(api.balance("others")).isEqualTo(9);
    reverse(usage).ok();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          {}                                            | /reason
          {"reason": ""}                                | /reason
          {"reason": "a", "credits": 0}                 | /credits
          {"reason": "a", "credits": -1}                | /credits
          {"reason": "a", "credits": 1.5}               | /credits
          {"reason": "a", "credits": "1"}               | /credits
          {"reason": "a", "units": 1}                   | /units
          {"credits": 0, "reason": null, "amount": 5}   | /credits, /reason, /amount
          """)
  void a_reversal_that_makes_no_sense_is_refused(String body, String pointers) {
    api.grant("senseless", 10);
    String usage = use("senseless", "1");
    api.post(path(usage), body).isInvalid(pointers.split(", "));
    reverse(usage).ok();
  }

  @Test
  void a_retry_is_answered_as_before_and_gives_nothing_back_again() {
    customerWithOverage("retried");
    api.grant("retried", 10);
    String usage = use("retried", "25");
    String other = use("retried", "1");
    String body = "{\"credits\": 5, \"reason\": \"once\"}";
    Answer first = api.post(path(usage), body, "reverse once").ok();

    Answer again = api.post(path(usage), body, "reverse once").ok();

    assertThat(first.isReplay()).isFalse();
    assertThat(again.isReplay()).isTrue();
    assertThat(again.body()).isEqualTo(first.body());
    api.post(path(usage), REASON, "reverse once").isProblem(422, "idempotency_key_reused");
    api.post(path(other), body, "reverse once").isProblem(422, "idempotency_key_reused");
    assertThat(LedgerWords.balances(api, "retried")).isEqualTo("0/0/11");

    Answer rest = api.post(path(usage), REASON, "the rest").ok();
    assertThat(rest.number("/amount")).isEqualTo(20);
    Answer restAgain = api.post(path(usage), REASON, "the rest").ok();
    assertThat(restAgain.isReplay()).isTrue();
    assertThat(restAgain.body()).isEqualTo(rest.body());
    assertThat(LedgerWords.balances(api, "retried")).isEqualTo("10/0/1");
  }
}
