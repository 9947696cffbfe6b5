package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One account to which everything has happened that there is an entry for, read in every way: its
 * ledger by type, proven and in SQL, the account as of any instant, its blocks by what became of
 * them, and what is due next.
 */
class AccountHistoryTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String ACME = byExternalId("acme");

  /** What the account answered, with blocks, by the instant of its last entry then. */
  private static final Map<String, Answer> SEEN = new LinkedHashMap<>();

  private static final List<String> EXHAUSTED = new ArrayList<>();
  private static final List<String> VOIDED = new ArrayList<>();
  private static final List<String> EXPIRED = new ArrayList<>();
  private static final List<String> PENDING = new ArrayList<>();
  private static final List<String> ACTIVE = new ArrayList<>();

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeHistory() {
    ApiClient api = TENANT.live();
    api.metric("tokens", "1");
    // Longer than any run of these tests.
    api.patch(TENANT.configPath(), "{\"reservation_default_ttl_seconds\": 86400}").ok();
    api.post("/v1/customers", "{\"external_id\": \"acme\", \"overage_policy\": \"allow\"}")
        .created();
    String usage = api.use("acme", "tokens", "9").created().text("/usage_event_id");
    seen(api);
    EXHAUSTED.add(granted(api, "{\"credits\": 5}")); // settles
    EXHAUSTED.add(granted(api, "{\"credits\": 4}"));
    seen(api);
    Instant soon = Instant.now().plusMillis(3_000).truncatedTo(ChronoUnit.MILLIS);
    String activated = granted(api, "{\"credits\": 7, \"effective_at\": \"%s\"}".formatted(soon));
    for (int i = 0; i < 3; i++) {
      EXPIRED.add(
          granted(
              api,
              "{\"credits\": %d, \"metric_keys\": [\"other\"], \"expires_at\": \"%s\"}"
                  .formatted(10 + i, soon)));
    }
    EXPIRED.add(granted(api, "{\"credits\": 8, \"expires_at\": \"%s\"}".formatted(soon)));
    String held = Holds.credits(api, "acme", 5);
    seen(api);
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> api.balance("acme") == 12);
    EXHAUSTED.add(activated);
    api.use("acme", "tokens", "7").created();
    for (int i = 0; i < 3; i++) {
      VOIDED.add(granted(api, "{\"credits\": 20, \"metric_keys\": [\"other\"]}"));
      api.post("/v1/credits/blocks/" + VOIDED.getLast() + "/void", "{\"reason\": \"a\"}").ok();
    }
    seen(api);
    ACTIVE.add(granted(api, "{\"credits\": 100}"));
    Holds.commit(api, held, "\"credits\": 2, \"final\": false");
    Holds.release(api, Holds.credits(api, "acme", 6));
    ACTIVE.add(
        api.post(ACME + "/credits/adjust", "{\"delta\": 3, \"reason\": \"a\"}")
            .ok()
            .text("/reference/id"));
    api.post(ACME + "/credits/adjust", "{\"delta\": -1, \"reason\": \"a\"}").ok();
    ACTIVE.add(
        api.post("/v1/usage/" + usage + "/reverse", "{\"reason\": \"a\"}")
            .ok()
            .text("/allocations/0/block_id"));
    for (int i = 0; i < 3; i++) {
      PENDING.add(
          granted(
              api, "{\"credits\": 50, \"effective_at\": \"21%d0-01-01T00:00:00Z\"}".formatted(i)));
    }
    seen(api);
  }

  private static String granted(ApiClient api, String json) {
    return api.grant("acme", json).text("/block/id");
  }

  private static void seen(ApiClient api) {
    Answer now = api.get(ACME + "/credits?include_blocks=true").ok();
    SEEN.put(api.ledger("acme").getLast().path("created_at").textValue(), now);
  }

  // ------------------------------------------------------------------------------------------
  // the ledger

  @ParameterizedTest
  @ValueSource(
      strings = {
        "grant", "debit", "hold", "release", "capture", "expire", "void", "adjust", "reverse",
        "overage", "settle"
      })
  void entries_of_each_type_are_listed(String type) {
    List<JsonNode> expected =
        api.ledger("acme").stream()
            .filter(entry -> entry.path("type").textValue().equals(type))
            .toList();
    assertThat(expected).isNotEmpty();
    assertThat(api.list(ACME + "/ledger?order=asc&type=" + type)).isEqualTo(expected);
    assertThat(api.get(ACME + "/ledger?limit=1&type=" + type).ok().at("/data/0"))
        .isEqualTo(expected.getLast());
  }

  @Test
  void the_ledger_is_proven_whatever_is_in_it() {
    List<JsonNode> ledger = api.ledger("acme");
    Answer verdict = api.get(ACME + "/ledger/verify").ok();
    assertThat(verdict.truth("/valid")).isTrue();
    assertThat(verdict.number("/entries")).isEqualTo(ledger.size());
    assertThat(verdict.text("/head_hash")).isEqualTo(ledger.getLast().path("hash").textValue());
  }

  @Test
  void the_sql_view_shows_the_same_entries_of_every_type() {
    List<LedgerView.Row> expected =
        api.ledger("acme").stream()
            .map(entry -> LedgerView.Row.of(TENANT.id(), "live", entry))
            .toList();
    assertThat(
            new LedgerView(TestNode.shared().database())
                .of(TENANT.id(), "live", expected.getFirst().customerId()))
        .usingRecursiveComparison()
        .isEqualTo(expected);
  }

  // ------------------------------------------------------------------------------------------
  // the account as of an instant

  @Test
  void the_account_as_of_each_entry_is_what_the_entry_says() {
    Map<String, JsonNode> lastOf = new LinkedHashMap<>();
    for (JsonNode entry : api.ledger("acme")) {
      lastOf.put(entry.path("created_at").textValue(), entry);
    }
    String before = "0/0/0";
    for (JsonNode entry : lastOf.values()) {
      Instant at = Instant.parse(entry.path("created_at").textValue());
      assertThat(balancesAt(at.minusMillis(1))).isEqualTo(before);
      before =
          "%d/%d/%d"
              .formatted(
                  entry.path("balance_after").longValue(),
                  entry.path("reserved_after").longValue(),
                  entry.path("overage_after").longValue());
      assertThat(balancesAt(at)).as(entry.toString()).isEqualTo(before);
    }
    assertThat(LedgerWords.balances(api, "acme")).isEqualTo(before);
  }

  private String balancesAt(Instant at) {
    return LedgerWords.balances(api.get(ACME + "/credits?at=" + at).ok());
  }

  @Test
  void the_account_as_of_an_instant_is_what_it_answered_then_with_its_blocks() {
    assertThat(SEEN).hasSize(5);
    SEEN.forEach((at, then) -> {
      assertThat(api.get(ACME + "/credits?include_blocks=true&at=" + at).ok().json())
          .isEqualTo(then.json());
      assertThat(api.get(ACME + "/credits?at=" + at).ok().json().has("blocks")).isFalse();
    });
  }

  @Test
  void before_its_creation_the_account_is_empty() {
    Answer customer = api.get(ACME).ok();
    Instant created = Instant.parse(customer.text("/created_at"));
    for (String path : List.of(ACME, "/v1/customers/" + customer.text("/customer_id"))) {
      for (Instant at : List.of(created.minusMillis(1), Instant.EPOCH)) {
        Answer empty = api.get(path + "/credits?include_blocks=true&at=" + at).ok();
        assertThat(empty.text("/external_customer_id")).isEqualTo("acme");
        assertThat(empty.at("/customer_id")).isEqualTo(customer.at("/customer_id"));
        assertThat(LedgerWords.balances(empty)).isEqualTo("0/0/0");
        assertThat(empty.number("/lifetime_granted")).isZero();
        assertThat(empty.number("/lifetime_consumed")).isZero();
        assertThat(empty.number("/version")).isZero();
        assertThat(empty.at("/blocks")).isEmpty();
      }
    }
    assertThat(api.get(ACME + "/credits?at=" + created).ok().number("/version")).isEqualTo(1);
  }

  @Test
  void the_future_and_strangers_have_no_account() {
    api.get(ACME + "/credits?at=" + Instant.now().plusSeconds(60)).isInvalid("?at");
    api.get(ACME + "/credits?at=2100-01-01T00:00:00Z&include_blocks=true").isInvalid("?at");
    api.get(byExternalId("stranger") + "/credits?at=2026-01-01T00:00:00Z")
        .isProblem(404, "customer_not_found");
  }

  // ------------------------------------------------------------------------------------------
  // blocks by what became of them

  @Test
  void blocks_that_are_gone_are_listed_by_what_became_of_them_the_newest_first() {
    assertThat(ids("exhausted")).isEqualTo(EXHAUSTED.reversed());
    assertThat(ids("voided")).isEqualTo(VOIDED.reversed());
    assertThat(ids("expired")).isEqualTo(EXPIRED.reversed());
    for (String status : List.of("exhausted", "voided")) {
      assertThat(api.list(ACME + "/credits/blocks?status=" + status))
          .allSatisfy(block -> {
            assertThat(block.path("status").textValue()).isEqualTo(status);
            assertThat(block.path("remaining_amount").longValue()).isZero();
          });
    }
  }

  @Test
  void a_block_that_has_expired_shows_what_is_still_held_of_it() {
    Answer expired = api.get(ACME + "/credits/blocks?status=expired").ok();
    assertThat(expired.each("status")).containsOnly("expired");
    assertThat(expired.each("remaining_amount")).containsExactly("3", "0", "0", "0");
    assertThat(expired.each("held_amount")).containsExactly("3", "0", "0", "0");
    assertThat(expired.each("original_amount")).containsExactly("8", "12", "11", "10");
  }

  @Test
  void blocks_that_are_live_are_listed_in_burn_order_with_those_that_holds_still_use() {
    assertThat(ids("active")).isEqualTo(ACTIVE);
    assertThat(ids("pending")).isEqualTo(PENDING);
    assertThat(api.get(ACME + "/credits/blocks").ok().each("id"))
        .isEqualTo(
            Stream.of(List.of(EXPIRED.getLast()), ACTIVE, PENDING).flatMap(List::stream).toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {"exhausted", "voided", "expired", "pending", "active"})
  void blocks_of_each_status_come_in_pages(String status) {
    List<String> all = ids(status);
    assertThat(all).hasSizeGreaterThan(2);
    List<String> paged = new ArrayList<>();
    String path = ACME + "/credits/blocks?limit=2&status=" + status;
    Answer page = api.get(path).ok();
    paged.addAll(page.each("id"));
    while (page.truth("/pagination/has_more")) {
      page = api.get(path + "&cursor=" + page.text("/pagination/next_cursor")).ok();
      paged.addAll(page.each("id"));
    }
    assertThat(paged).isEqualTo(all);
    assertThat(api.get(path).ok().at("/data")).hasSize(2);
  }

  @Test
  void the_cursor_of_one_status_is_none_of_another() {
    String cursor =
        api.get(ACME + "/credits/blocks?limit=1&status=voided")
            .ok()
            .text("/pagination/next_cursor");
    api.get(ACME + "/credits/blocks?status=expired&cursor=" + cursor).isInvalid("?cursor");
    api.get(ACME + "/credits/blocks?cursor=" + cursor).isInvalid("?cursor");
  }

  private List<String> ids(String status) {
    return api.list(ACME + "/credits/blocks?status=" + status).stream()
        .map(block -> block.path("id").textValue())
        .toList();
  }

  // ------------------------------------------------------------------------------------------
  // what is due next

  @Test
  void the_timeline_tells_what_is_due_the_soonest_first() {
    String expiring =
        api.grant("due", "{\"credits\": 100, \"expires_at\": \"2101-01-01T00:00:00Z\"}")
            .text("/block/id");
    String pending =
        api.grant(
                "due",
                "{\"credits\": 7, \"effective_at\": \"2100-01-01T00:00:00Z\","
                    + " \"expires_at\": \"2102-01-01T00:00:00Z\"}")
            .text("/block/id");
    api.grant("due", 5);
    String reservation = Holds.credits(api, "due", 30);
    String expiresAt = api.get("/v1/reserve/" + reservation).ok().text("/expires_at");
    String path = byExternalId("due") + "/timeline";

    Answer timeline = api.get(path).ok();

    assertThat(timeline.each("type"))
        .containsExactly("reservation_expiry", "block_activation", "block_expiry", "block_expiry");
    assertThat(timeline.each("id")).containsExactly(reservation, pending, expiring, pending);
    assertThat(timeline.each("amount")).containsExactly("30", "7", "70", "7");
    assertThat(timeline.each("at").stream().map(Instant::parse))
        .containsExactly(
            Instant.parse(expiresAt),
            Instant.parse("2100-01-01T00:00:00Z"),
            Instant.parse("2101-01-01T00:00:00Z"),
            Instant.parse("2102-01-01T00:00:00Z"));
    assertThat(api.get(path + "?limit=2").ok().each("id")).containsExactly(reservation, pending);

    Holds.release(api, reservation);
    assertThat(api.get(path).ok().each("id")).containsExactly(pending, expiring, pending);
  }

  @ParameterizedTest
  @CsvSource({"limit=0, ?limit", "limit=101, ?limit", "limit=x, ?limit", "cursor=x, ?cursor"})
  void a_query_that_the_timeline_does_not_take_is_refused(String query, String pointer) {
    api.get(ACME + "/timeline?" + query).isInvalid(pointer);
  }

  @Test
  void a_stranger_has_no_timeline() {
    api.get(byExternalId("stranger") + "/timeline").isProblem(404, "customer_not_found");
  }
}
