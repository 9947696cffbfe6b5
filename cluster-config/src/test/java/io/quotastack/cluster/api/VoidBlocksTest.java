package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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

/** Blocks that are taken back: whole, in use, pending, or with a part that a reservation holds. */
class VoidBlocksTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String REASON = "{\"reason\": \"Charged back\"}";

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetrics() {
    TENANT.live().metric("tokens", "1");
  }

  private static String path(String block) {
    return "/v1/credits/blocks/" + block + "/void";
  }

  private Answer voidBlock(String block) {
    return api.post(path(block), REASON);
  }

  private List<String> listed(String customer, String status) {
    return api.get(byExternalId(customer) + "/credits/blocks?status=" + status).ok().each("id");
  }

  @Test
  void what_is_left_of_an_active_block_is_taken_back() {
    String block =
        api.grant("active", "{\"credits\": 100, \"expires_at\": \"2100-01-01T00:00:00Z\"}")
            .text("/block/id");
    api.grant("active", 5);
    api.use("active", "tokens", "30").created();

    Answer voided = voidBlock(block).ok();

    assertThat(voided.text("/id")).isEqualTo(block);
    assertThat(voided.text("/status")).isEqualTo("voided");
    assertThat(voided.number("/original_amount")).isEqualTo(100);
    assertThat(voided.number("/remaining_amount")).isZero();
    assertThat(voided.number("/held_amount")).isZero();

    var entry = api.ledger("active").getLast();
    assertThat(LedgerWords.of(entry)).isEqualTo("void -70 -> 5/0/0");
    assertThat(entry.path("reason").textValue()).isEqualTo("Charged back");
    assertThat(entry.path("reference").toString())
        .isEqualTo("{\"type\":\"block\",\"id\":\"%s\"}".formatted(block));
    assertThat(entry.path("allocations").toString())
        .isEqualTo("[{\"block_id\":\"%s\",\"amount\":70}]".formatted(block));

    assertThat(
            api.use("active", "tokens", "6")
                .isProblem(402, "insufficient_credits")
                .number("/available"))
        .isEqualTo(5);
    assertThat(listed("active", "voided")).containsExactly(block);
    assertThat(listed("active", "active")).hasSize(1).doesNotContain(block);
    assertThat(api.get(byExternalId("active") + "/timeline").ok().at("/data")).isEmpty();
    Answer credits = api.get(byExternalId("active") + "/credits").ok();
    assertThat(credits.number("/lifetime_granted")).isEqualTo(105);
    assertThat(credits.number("/lifetime_consumed")).isEqualTo(30);
  }

  @Test
  void a_pending_block_that_was_taken_back_never_takes_effect() {
    Instant effective = Instant.now().plusMillis(700).truncatedTo(ChronoUnit.MILLIS);
    String block =
        api.grant("pending", "{\"credits\": 40, \"effective_at\": \"%s\"}".formatted(effective))
            .text("/block/id");

    Answer voided = voidBlock(block).ok();

    assertThat(voided.text("/status")).isEqualTo("voided");
    assertThat(voided.number("/remaining_amount")).isZero();
    var entry = api.ledger("pending").getLast();
    assertThat(LedgerWords.of(entry)).isEqualTo("void +0 -> 0/0/0");
    assertThat(entry.path("allocations").toString())
        .isEqualTo("[{\"block_id\":\"%s\",\"amount\":40}]".formatted(block));
    assertThat(listed("pending", "voided")).containsExactly(block);
    assertThat(api.get(byExternalId("pending") + "/timeline").ok().at("/data")).isEmpty();

    await().atMost(Duration.ofSeconds(20)).until(() -> Instant.now().isAfter(effective));
    assertThat(LedgerWords.ledger(api, "pending"))
        .containsExactly("grant +0 -> 0/0/0", "void +0 -> 0/0/0");
    assertThat(api.get(byExternalId("pending") + "/credits").ok().number("/lifetime_granted"))
        .isZero();
  }

  @Test
  void what_a_reservation_holds_can_still_be_committed_and_the_rest_of_it_is_lost() {
    String block = api.grant("held", 100).text("/block/id");
    String reservation = Holds.credits(api, "held", 40);

    Answer voided = voidBlock(block).ok();

    assertThat(voided.text("/status")).isEqualTo("voided");
    assertThat(voided.number("/remaining_amount")).isEqualTo(40);
    assertThat(voided.number("/held_amount")).isEqualTo(40);
    assertThat(LedgerWords.balances(api, "held")).isEqualTo("40/40/0");
    assertThat(listed("held", "voided")).containsExactly(block);
    assertThat(api.get(byExternalId("held") + "/credits/blocks").ok().each("status"))
        .containsExactly("voided");
    assertThat(
            api.use("held", "tokens", "1")
                .isProblem(402, "insufficient_credits")
                .number("/available"))
        .isZero();
    voidBlock(block).isProblem(400, "invalid_request");

    Answer committed = Holds.commit(api, reservation, "\"credits\": 25");

    assertThat(committed.number("/returned")).isEqualTo(15);
    assertThat(committed.number("/balance")).isZero();
    assertThat(LedgerWords.ledger(api, "held"))
        .containsExactly(
            "grant +100 -> 100/0/0",
            "hold +0 -> 100/40/0",
            "void -60 -> 40/40/0",
            "capture -25 -> 15/0/0",
            "void -15 -> 0/0/0");
    assertThat(api.ledger("held").getLast().path("reason").textValue()).isEqualTo("voided");
    assertThat(listed("held", "voided")).containsExactly(block);
    assertThat(api.get(byExternalId("held") + "/credits/blocks").ok().at("/data")).isEmpty();
  }

  @Test
  void what_a_reservation_lets_go_of_a_voided_block_is_lost() {
    String block = api.grant("let go", 100).text("/block/id");
    String all = Holds.credits(api, "let go", 100);
    voidBlock(block).isProblem(400, "invalid_request"); // all of it is held
    Holds.release(api, all);
    String part = Holds.credits(api, "let go", 10);
    voidBlock(block).ok();

    Answer released = Holds.release(api, part);

    assertThat(released.number("/returned")).isEqualTo(10);
    assertThat(released.number("/balance")).isZero();
    assertThat(LedgerWords.ledger(api, "let go"))
        .endsWith("void -90 -> 10/10/0", "release +0 -> 10/0/0", "void -10 -> 0/0/0");
  }

  @Test
  void a_block_with_nothing_left_cannot_be_taken_back() {
    String again = api.grant("nothing left", 10).text("/block/id");
    voidBlock(again).ok();
    Instant expiry = Instant.now().plusMillis(600).truncatedTo(ChronoUnit.MILLIS);
    String expired =
        api.grant("nothing left", "{\"credits\": 10, \"expires_at\": \"%s\"}".formatted(expiry))
            .text("/block/id");
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> api.balance("nothing left") == 0);
    String usedUp = api.grant("nothing left", 10).text("/block/id");
    api.use("nothing left", "tokens", "10").created();
    int entries = api.ledger("nothing left").size();

    for (String block : List.of(again, expired, usedUp)) {
      voidBlock(block).isProblem(400, "invalid_request");
    }

    assertThat(api.ledger("nothing left")).hasSize(entries);
    assertThat(listed("nothing left", "voided")).containsExactly(again);
    assertThat(listed("nothing left", "expired")).containsExactly(expired);
    assertThat(listed("nothing left", "exhausted")).containsExactly(usedUp);
  }

  @Test
  void a_block_that_there_is_not_is_not_found() {
    String block = api.grant("others", 10).text("/block/id");
    UUID customer = UUID.fromString(api.get(byExternalId("others")).ok().text("/customer_id"));
    for (String id :
        OtherIds.than(OwnedId.Kind.BLOCK, customer, 2, 1, 3)) { // 1 is the customer's creation
      voidBlock(id).isProblem(404, "not_found");
    }
    TENANT.test().post(path(block), REASON).isProblem(404, "not_found");
    TestTenant.in(TestNode.shared()).live().post(path(block), REASON).isProblem(404, "not_found");
    assertThat(api.balance("others")).isEqualTo(10);
    voidBlock(block).ok();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          {}                               | /reason
          {"reason": null}                 | /reason
          {"reason": ""}                   | /reason
          {"reason": ["a"]}                | /reason
          {"reason": "a", "credits": 5}    | /credits
          {"amount": 5}                    | /reason, /amount
          """)
  void a_block_is_taken_back_for_a_reason(String body, String pointers) {
    String block = api.grant("reasons", 10).text("/block/id");
    api.post(path(block), body).isInvalid(pointers.split(", "));
    assertThat(listed("reasons", "voided")).isEmpty();
  }

  @Test
  void a_retry_is_answered_as_before_and_takes_nothing_back_again() {
    String block = api.grant("retried", 10).text("/block/id");
    String other = api.grant("retried", 10).text("/block/id");
    Answer first = api.post(path(block), REASON, "void once").ok();

    Answer again = api.post(path(block), REASON, "void once").ok();

    assertThat(first.isReplay()).isFalse();
    assertThat(again.isReplay()).isTrue();
    assertThat(again.body()).isEqualTo(first.body());
    api.post(path(block), "{\"reason\": \"Another\"}", "void once")
        .isProblem(422, "idempotency_key_reused");
    api.post(path(other), REASON, "void once").isProblem(422, "idempotency_key_reused");
    assertThat(LedgerWords.ledger(api, "retried"))
        .containsExactly("grant +10 -> 10/0/0", "grant +10 -> 20/0/0", "void -10 -> 10/0/0");
  }
}
