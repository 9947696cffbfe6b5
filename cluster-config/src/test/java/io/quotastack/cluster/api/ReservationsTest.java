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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holding credits: reserve, commit, release, extend, the end of their time, lists and reads. */
class ReservationsTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String RESERVE = "/v1/reserve";

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeMetrics() {
    ApiClient api = TENANT.live();
    api.metric("tokens", "2");
    api.metric("fine", "0.6");
    api.metric("repriced", "2");
    api.post("/v1/billable-metrics", "{\"key\": \"unpriced\", \"name\": \"No price\"}").created();
    api.post("/v1/billable-metrics", "{\"key\": \"sized\", \"name\": \"By size\"}").created();
    api.post(
            "/v1/metering-rules",
            """
            {"billable_metric_key": "sized", "cost_type": "per_unit",
             "dimensions": [{"match": {"size": "large"}, "unit_cost": 9}]}
            """)
        .created();
    api.grant("forms", 1_000_000_000);
  }

  private static ConditionFactory inTime() {
    return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(25));
  }

  // ------------------------------------------------------------------------------------------
  // reserve

  @Test
  void units_of_a_metric_are_held_at_their_price() {
    String block = api.grant("held", 1000).text("/block/id");
    Answer reserved =
        tryReserve(
                "held",
                """
                "billable_metric_key": "tokens", "estimated_units": "12.50", "ttl_seconds": 60,
                "properties": {"model": "large"}, "metadata": {"job": "j-1"}
                """)
            .created();

    assertThat(reserved.text("/external_customer_id")).isEqualTo("held");
    assertThat(reserved.text("/status")).isEqualTo("active");
    assertThat(reserved.text("/billable_metric_key")).isEqualTo("tokens");
    assertThat(reserved.text("/estimated_units")).isEqualTo("12.5");
    assertThat(reserved.number("/rule_version")).isEqualTo(1);
    assertThat(reserved.number("/reserved")).isEqualTo(25);
    assertThat(reserved.number("/held")).isEqualTo(25);
    assertThat(reserved.number("/captured")).isZero();
    assertThat(reserved.text("/captured_units")).isEqualTo("0");
    assertThat(reserved.at("/properties").toString()).isEqualTo("{\"model\":\"large\"}");
    assertThat(reserved.at("/metadata").toString()).isEqualTo("{\"job\":\"j-1\"}");
    assertThat(lifeOf(reserved)).isEqualTo(Duration.ofMinutes(1));
    assertThat(reserved.at("/allocations").toString())
        .isEqualTo("[{\"block_id\":\"%s\",\"amount\":25}]".formatted(block));
    assertThat(reserved.number("/balance")).isEqualTo(1000);
    assertThat(reserved.number("/reserved_balance")).isEqualTo(25);
    assertThat(reserved.number("/effective_balance")).isEqualTo(975);
    assertThat(reserved.number("/ledger_sequence")).isEqualTo(2);

    JsonNode entry = api.get("/v1/ledger/" + reserved.text("/ledger_entry_id")).ok().json();
    assertThat(entry.path("type").textValue()).isEqualTo("hold");
    assertThat(entry.path("delta").longValue()).isZero();
    assertThat(entry.path("balance_after").longValue()).isEqualTo(1000);
    assertThat(entry.path("reserved_after").longValue()).isEqualTo(25);
    assertThat(entry.path("allocations")).isEqualTo(reserved.at("/allocations"));
    assertThat(entry.path("reference").path("type").textValue()).isEqualTo("reservation");
    assertThat(entry.path("reference").path("id")).isEqualTo(reserved.at("/reservation_id"));
    assertThat(entry.path("metadata")).isEqualTo(reserved.at("/metadata"));
    assertThat(entry.path("created_at")).isEqualTo(reserved.at("/created_at"));

    Answer credits = api.get(byExternalId("held") + "/credits?include_blocks=true").ok();
    assertThat(credits.number("/balance")).isEqualTo(1000);
    assertThat(credits.number("/reserved_balance")).isEqualTo(25);
    assertThat(credits.number("/effective_balance")).isEqualTo(975);
    assertThat(credits.number("/lifetime_consumed")).isZero();
    assertThat(credits.number("/blocks/0/remaining_amount")).isEqualTo(1000);
    assertThat(credits.number("/blocks/0/held_amount")).isEqualTo(25);
  }

  @Test
  void credits_are_held_out_of_blocks_that_pay_for_anything() {
    api.grant("plain", 40);
    api.grant("plain", "{\"credits\": 500, \"metric_keys\": [\"tokens\"]}");
    Answer reserved = tryReserve("plain", "\"credits\": 30").created();
    assertThat(reserved.number("/held")).isEqualTo(30);
    assertThat(reserved.amounts("/allocations")).containsExactly(30L);
    for (String none :
        List.of("billable_metric_key", "estimated_units", "captured_units", "rule_version")) {
      assertThat(reserved.at("/" + none).isNull()).as(none).isTrue();
    }
    Answer refused = tryReserve("plain", "\"credits\": 11").isProblem(402, "insufficient_credits");
    assertThat(refused.number("/required")).isEqualTo(11);
    assertThat(refused.number("/available")).isEqualTo(10);
    assertThat(refused.number("/shortfall")).isEqualTo(1);
    assertThat(reserve("plain", "tokens", "255").number("/held")).isEqualTo(510);
  }

  @Test
  void blocks_are_pinned_in_burn_order() {
    String late = block("ordered", "{\"credits\": 50, \"expires_at\": \"2100-01-01T00:00:00Z\"}");
    String never = block("ordered", "{\"credits\": 50}");
    String soon = block("ordered", "{\"credits\": 50, \"expires_at\": \"2099-01-01T00:00:00Z\"}");
    assertThat(blocksOf(reserve("ordered", "tokens", "60"))).containsExactly(soon, late, never);
    assertThat(blocksOf(reserve("ordered", "tokens", "10"))).containsExactly(never);
  }

  @Test
  void what_is_held_is_neither_held_again_nor_spent_and_overage_holds_nothing() {
    api.grant("scarce", 100);
    api.patch(byExternalId("scarce"), "{\"overage_policy\": \"allow\"}").ok();
    reserve("scarce", "tokens", "40");
    String all = byExternalId("scarce") + "/credits?include_blocks=true";
    String before = api.get(all).ok().body();
    Answer refused =
        tryReserve("scarce", "\"billable_metric_key\": \"tokens\", \"estimated_units\": 11")
            .isProblem(402, "insufficient_credits");
    assertThat(refused.number("/required")).isEqualTo(22);
    assertThat(refused.number("/available")).isEqualTo(20);
    assertThat(refused.number("/shortfall")).isEqualTo(2);
    assertThat(api.get(all).ok().body()).isEqualTo(before);
    assertThat(api.ledger("scarce")).hasSize(2);

    api.patch(byExternalId("scarce"), "{\"overage_policy\": null}").ok();
    api.use("scarce", "tokens", "11").isProblem(402, "insufficient_credits");
    Answer used = api.use("scarce", "tokens", "10").created();
    assertThat(used.number("/balance")).isEqualTo(80);
    assertThat(used.number("/effective_balance")).isZero();
  }

  @Test
  void it_holds_as_long_as_asked_else_as_the_tenant_has_set() {
    ApiClient other = TENANT.test();
    other.grant("lasting", 100);
    String body = "{\"external_customer_id\": \"lasting\", \"credits\": 1%s}";
    assertThat(lifeOf(other.post(RESERVE, body.formatted("")).created()))
        .isEqualTo(Duration.ofMinutes(5));
    other.patch(TENANT.configPath(), "{\"reservation_default_ttl_seconds\": 77}").ok();
    assertThat(lifeOf(other.post(RESERVE, body.formatted("")).created()))
        .isEqualTo(Duration.ofSeconds(77));
    assertThat(lifeOf(other.post(RESERVE, body.formatted(", \"ttl_seconds\": null")).created()))
        .isEqualTo(Duration.ofSeconds(77));
    for (int seconds : List.of(1, 604_800)) {
      Answer reserved =
          other.post(RESERVE, body.formatted(", \"ttl_seconds\": " + seconds)).created();
      assertThat(lifeOf(reserved)).isEqualTo(Duration.ofSeconds(seconds));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "604801", "1.5", "\"60\"", "true", "1e30", "[]"})
  void a_ttl_is_whole_seconds_up_to_a_week(String ttl) {
    tryReserve("forms", "\"credits\": 1, \"ttl_seconds\": " + ttl).isInvalid("/ttl_seconds");
    String path = path(reserve("forms", "tokens", "1")) + "/extend";
    api.post(path, "{\"ttl_seconds\": %s}".formatted(ttl)).isInvalid("/ttl_seconds");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"ttl_seconds\": 5                                                | /billable_metric_key",
        "\"billable_metric_key\": \"tokens\"                               | /estimated_units",
        "\"estimated_units\": 1                                            | /billable_metric_key",
        "\"credits\": null, \"billable_metric_key\": \"tokens\"            | /estimated_units",
        "\"credits\": 1, \"billable_metric_key\": \"tokens\"               | /billable_metric_key",
        "\"credits\": 1, \"estimated_units\": 1                            | /credits",
        "\"credits\": 0                                                    | /credits",
        "\"credits\": -1                                                   | /credits",
        "\"credits\": 1.5                                                  | /credits",
        "\"credits\": \"1\"                                                | /credits",
        "\"billable_metric_key\": \"T\", \"estimated_units\": 1            | /billable_metric_key",
        "\"billable_metric_key\": \"tokens\", \"estimated_units\": 0       | /estimated_units",
        "\"billable_metric_key\": \"tokens\", \"estimated_units\": -1      | /estimated_units",
        "\"billable_metric_key\": \"tokens\", \"estimated_units\": \"x\"   | /estimated_units",
        "\"billable_metric_key\": \"tokens\", \"estimated_units\": 1e-10   | /estimated_units",
        "\"billable_metric_key\": \"tokens\", \"estimated_units\": 1e15    | /estimated_units",
        "\"credits\": 1, \"properties\": {\"a\": 1}                        | /properties/a",
        "\"credits\": 1, \"metadata\": []                                  | /metadata",
        "\"credits\": 1, \"ttl\": 5                                        | /ttl",
      })
  void what_is_wrong_with_a_reserve_is_told_where_it_is(String members, String pointer) {
    tryReserve("forms", members).isInvalid(pointer);
  }

  @Test
  void everything_wrong_with_a_reserve_is_told_at_once() {
    api.post(
            RESERVE,
            """
            {"customer_id": "not a uuid", "external_customer_id": "", "estimated_units": -1,
             "credits": 0, "ttl_seconds": 0, "properties": {"model": 4}, "metadata": [], "x": 1}
            """)
        .isInvalid(
            "/customer_id",
            "/external_customer_id",
            "/estimated_units",
            "/credits",
            "/credits",
            "/ttl_seconds",
            "/properties/model",
            "/metadata",
            "/x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"customer_id\": null, \"external_customer_id\": null,",
        "\"customer_id\": \"6f1dbd6e-7a0f-5c55-9f3b-2f5b4c9a1e70\","
            + " \"external_customer_id\": \"forms\",",
      })
  void a_reserve_names_its_customer_in_exactly_one_way(String members) {
    api.post(RESERVE, "{%s \"credits\": 1}".formatted(members))
        .isProblem(400, "customer_identifier");
  }

  @Test
  void a_customer_is_reserved_for_by_its_id_too() {
    String id = api.grant("by id", 10).text("/customer_id");
    Answer reserved =
        api.post(RESERVE, "{\"customer_id\": \"%s\", \"credits\": 4}".formatted(id)).created();
    assertThat(reserved.text("/external_customer_id")).isEqualTo("by id");
  }

  @Test
  void a_reserve_creates_nobody() {
    tryReserve("nobody", "\"credits\": 1").isProblem(404, "customer_not_found");
    api.post(RESERVE, "{\"customer_id\": \"%s\", \"credits\": 1}".formatted(UUID.randomUUID()))
        .isProblem(404, "customer_not_found");
    api.get(byExternalId("nobody")).isProblem(404, "customer_not_found");
  }

  @Test
  void what_has_no_price_cannot_be_held() {
    for (String metric : List.of("unpriced", "unheard_of")) {
      tryReserve(
              "forms", "\"billable_metric_key\": \"%s\", \"estimated_units\": 1".formatted(metric))
          .isProblem(422, "no_metering_rule");
    }
    String sized = "\"billable_metric_key\": \"sized\", \"estimated_units\": 2%s";
    tryReserve("forms", sized.formatted("")).isProblem(422, "no_price");
    Answer reserved =
        tryReserve("forms", sized.formatted(", \"properties\": {\"size\": \"large\"}")).created();
    assertThat(reserved.number("/held")).isEqualTo(18);
    assertThat(commit(reserved, "\"actual_units\": 1").number("/cost")).isEqualTo(9);
  }

  @ParameterizedTest
  @ValueSource(strings = {"9007199254740992", "9223372036854775807", "9223372036854775808", "1e30"})
  void an_amount_beyond_the_safe_integers_is_out_of_range(String credits) {
    tryReserve("forms", "\"credits\": " + credits).isProblem(422, "amount_out_of_range");
    String path = path(reserve("forms", "tokens", "1"));
    api.post(path + "/commit", "{\"credits\": %s}".formatted(credits))
        .isProblem(422, "amount_out_of_range");
    api.post(path + "/commit", "{\"credits\": %s, \"final\": false}".formatted(credits))
        .isProblem(422, "amount_out_of_range");
  }

  // ------------------------------------------------------------------------------------------
  // commit

  @Test
  void a_commit_of_less_than_held_returns_the_rest_in_the_same_step() {
    String block = api.grant("less", 1000).text("/block/id");
    Answer reserved = reserve("less", "tokens", "50");
    Answer committed =
        commit(reserved, "\"actual_units\": \"20.5\", \"metadata\": {\"job\": \"done\"}");

    assertThat(committed.text("/reservation_id")).isEqualTo(reserved.text("/reservation_id"));
    assertThat(committed.text("/status")).isEqualTo("committed");
    assertThat(committed.number("/cost")).isEqualTo(41);
    assertThat(committed.text("/units")).isEqualTo("20.5");
    assertThat(committed.number("/captured")).isEqualTo(41);
    assertThat(committed.text("/captured_units")).isEqualTo("20.5");
    assertThat(committed.number("/reserved")).isEqualTo(100);
    assertThat(committed.number("/held")).isZero();
    assertThat(committed.number("/returned")).isEqualTo(59);
    assertThat(committed.number("/expired")).isZero();
    assertThat(committed.number("/overage")).isZero();
    assertThat(committed.at("/allocations").toString())
        .isEqualTo("[{\"block_id\":\"%s\",\"amount\":41}]".formatted(block));
    assertThat(committed.number("/balance")).isEqualTo(959);
    assertThat(committed.number("/reserved_balance")).isZero();
    assertThat(committed.number("/effective_balance")).isEqualTo(959);

    List<JsonNode> ledger = api.ledger("less");
    assertThat(ledger)
        .extracting(entry -> entry.path("type").textValue())
        .containsExactly("grant", "hold", "capture");
    JsonNode entry = ledger.getLast();
    assertThat(entry.path("id").textValue()).isEqualTo(committed.text("/ledger_entry_id"));
    assertThat(entry.path("delta").longValue()).isEqualTo(-41);
    assertThat(entry.path("balance_after").longValue()).isEqualTo(959);
    assertThat(entry.path("reserved_after").longValue()).isZero();
    assertThat(entry.path("allocations")).isEqualTo(committed.at("/allocations"));
    assertThat(entry.path("reference").path("id")).isEqualTo(reserved.at("/reservation_id"));
    assertThat(entry.path("metadata").toString()).isEqualTo("{\"job\":\"done\"}");

    List<JsonNode> usage = api.list(byExternalId("less") + "/usage");
    assertThat(usage).hasSize(1);
    assertThat(usage.getFirst().path("usage_event_id").textValue())
        .isEqualTo(committed.text("/usage_event_id"));
    assertThat(usage.getFirst().path("cost").longValue()).isEqualTo(41);
    assertThat(api.get(byExternalId("less") + "/credits").ok().number("/lifetime_consumed"))
        .isEqualTo(41);
  }

  @Test
  void a_commit_without_an_amount_is_for_the_estimate() {
    api.grant("estimate", 1000);
    for (String body : List.of("{}", "{\"actual_units\": null, \"credits\": null}")) {
      Answer committed = api.post(path(reserve("estimate", "tokens", "50")) + "/commit", body).ok();
      assertThat(committed.number("/cost")).isEqualTo(100);
      assertThat(committed.text("/units")).isEqualTo("50");
      assertThat(committed.number("/returned")).isZero();
    }
    Answer bodiless =
        api.request("POST", path(reserve("estimate", "tokens", "50")) + "/commit")
            .without("Content-Type")
            .send()
            .ok();
    assertThat(bodiless.number("/cost")).isEqualTo(100);
    assertThat(bodiless.number("/balance")).isEqualTo(700);
  }

  @Test
  void a_commit_of_more_than_held_takes_the_excess_from_what_is_free() {
    String first = block("more", "{\"credits\": 100, \"priority\": 1}");
    String second = block("more", "{\"credits\": 60, \"priority\": 2}");
    Answer committed = commit(reserve("more", "tokens", "30"), "\"actual_units\": 70");
    assertThat(committed.number("/cost")).isEqualTo(140);
    assertThat(committed.number("/returned")).isZero();
    assertThat(committed.at("/allocations").toString())
        .isEqualTo(
            "[{\"block_id\":\"%s\",\"amount\":100},{\"block_id\":\"%s\",\"amount\":40}]"
                .formatted(first, second));
    assertThat(committed.number("/balance")).isEqualTo(20);
    assertThat(committed.number("/reserved_balance")).isZero();
    assertThat(api.ledger("more").getLast().path("delta").longValue()).isEqualTo(-140);
  }

  @Test
  void a_commit_that_cannot_be_paid_changes_nothing_and_the_reservation_stays_active() {
    api.grant("dear", 100);
    Answer reserved = reserve("dear", "tokens", "30");
    String all = byExternalId("dear") + "/credits?include_blocks=true";
    String before = api.get(all).ok().body();
    for (String more : List.of("", ", \"final\": false")) {
      Answer refused =
          tryCommit(reserved, "\"actual_units\": 51" + more).isProblem(402, "insufficient_credits");
      assertThat(refused.number("/shortfall")).isEqualTo(2);
      assertThat(refused.number("/required") - refused.number("/available")).isEqualTo(2);
    }
    assertThat(api.get(all).ok().body()).isEqualTo(before);
    assertThat(api.get(path(reserved)).ok().text("/status")).isEqualTo("active");
    assertThat(commit(reserved, "\"actual_units\": 50").number("/balance")).isZero();
  }

  @Test
  void the_excess_of_a_commit_is_overage_if_the_policy_allows_it() {
    api.grant("over", 100);
    Answer reserved = reserve("over", "tokens", "30");
    api.patch(byExternalId("over"), "{\"overage_policy\": \"allow\", \"max_overage\": 50}").ok();
    tryCommit(reserved, "\"actual_units\": 76").isProblem(402, "insufficient_credits");
    Answer committed = commit(reserved, "\"actual_units\": 75");
    assertThat(committed.number("/cost")).isEqualTo(150);
    assertThat(committed.number("/overage")).isEqualTo(50);
    assertThat(committed.amounts("/allocations")).containsExactly(100L);
    assertThat(committed.number("/balance")).isZero();
    assertThat(committed.number("/overage_balance")).isEqualTo(50);
    assertThat(api.ledger("over"))
        .extracting(entry ->
            entry.path("type").textValue() + entry.path("delta") + entry.path("overage_after"))
        .containsExactly("grant1000", "hold00", "capture-1000", "overage050");
  }

  @Test
  void many_captures_cost_what_one_would() {
    api.grant("streamed", 1000);
    Answer reserved = reserve("streamed", "fine", "10");
    assertThat(reserved.number("/held")).isEqualTo(6);
    var costs = new ArrayList<Long>();
    for (int i = 0; i < 5; i++) {
      Answer part = commit(reserved, "\"actual_units\": 1, \"final\": false");
      costs.add(part.number("/cost"));
      assertThat(part.text("/status")).isEqualTo("active");
      assertThat(part.number("/returned")).isZero();
      assertThat(part.number("/held") + part.number("/captured")).isEqualTo(6);
      assertThat(part.number("/reserved_balance")).isEqualTo(part.number("/held"));
      assertThat(part.number("/effective_balance")).isEqualTo(994);
    }
    assertThat(costs).containsExactly(1L, 1L, 0L, 1L, 0L);
    assertThat(api.get(path(reserved)).ok().text("/captured_units")).isEqualTo("5");

    Answer rest = commit(reserved, "");
    assertThat(rest.text("/units")).isEqualTo("5");
    assertThat(rest.number("/cost")).isEqualTo(3);
    assertThat(rest.number("/captured")).isEqualTo(6);
    assertThat(rest.text("/captured_units")).isEqualTo("10");
    assertThat(rest.text("/status")).isEqualTo("committed");
    assertThat(rest.number("/balance")).isEqualTo(994);
    assertThat(api.list(byExternalId("streamed") + "/usage")).hasSize(6);
    assertThat(api.get(byExternalId("streamed") + "/ledger/verify").ok().truth("/valid")).isTrue();
  }

  @Test
  void captures_may_go_beyond_what_is_held_and_the_rest_of_the_estimate_is_then_nothing() {
    api.grant("beyond", 100);
    Answer reserved = reserve("beyond", "tokens", "10");
    Answer part = commit(reserved, "\"actual_units\": 15, \"final\": false");
    assertThat(part.number("/held")).isZero();
    assertThat(part.number("/captured")).isEqualTo(30);
    assertThat(part.number("/balance")).isEqualTo(70);
    Answer last = commit(reserved, "");
    assertThat(last.text("/units")).isEqualTo("0");
    assertThat(last.number("/cost")).isZero();
    assertThat(last.text("/status")).isEqualTo("committed");
    assertThat(last.number("/balance")).isEqualTo(70);
  }

  @Test
  void credits_are_committed_as_they_are() {
    api.grant("credits", 1000);
    Answer reserved = reserveCredits("credits", 100);
    Answer part = commit(reserved, "\"credits\": 30, \"final\": false");
    assertThat(part.number("/cost")).isEqualTo(30);
    assertThat(part.number("/held")).isEqualTo(70);
    assertThat(part.at("/usage_event_id").isNull()).isTrue();
    assertThat(part.at("/units").isNull()).isTrue();
    Answer rest = commit(reserved, "");
    assertThat(rest.number("/cost")).isEqualTo(70);
    assertThat(rest.number("/captured")).isEqualTo(100);
    assertThat(rest.number("/returned")).isZero();
    assertThat(rest.number("/balance")).isEqualTo(900);

    assertThat(commit(reserveCredits("credits", 100), "\"credits\": 0").number("/returned"))
        .isEqualTo(100);
    assertThat(commit(reserveCredits("credits", 100), "\"credits\": 150").number("/balance"))
        .isEqualTo(750);
    assertThat(api.list(byExternalId("credits") + "/usage")).isEmpty();

    Answer priced = commit(reserve("credits", "tokens", "50"), "\"credits\": 7");
    assertThat(priced.number("/cost")).isEqualTo(7);
    assertThat(priced.number("/returned")).isEqualTo(93);
    tryCommit(reserveCredits("credits", 100), "\"actual_units\": 1").isInvalid("/actual_units");
  }

  @Test
  void no_units_at_all_may_have_been_used() {
    api.grant("idle", 100);
    Answer committed = commit(reserve("idle", "tokens", "10"), "\"actual_units\": 0");
    assertThat(committed.number("/cost")).isZero();
    assertThat(committed.number("/returned")).isEqualTo(20);
    assertThat(committed.number("/effective_balance")).isEqualTo(100);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"final\": false                                          | /actual_units",
        "\"final\": \"false\"                                      | /final",
        "\"actual_units\": 1, \"credits\": 1                       | /credits",
        "\"actual_units\": -1                                      | /actual_units",
        "\"actual_units\": -1, \"final\": false                    | /actual_units",
        "\"actual_units\": \"many\"                                | /actual_units",
        "\"credits\": -1                                           | /credits",
        "\"credits\": 1.5                                          | /credits",
        "\"metadata\": {\"a\": null}                               | /metadata/a",
        "\"units\": 1                                              | /units",
      })
  void what_is_wrong_with_a_commit_is_told_where_it_is(String members, String pointer) {
    Answer reserved = reserve("forms", "tokens", "1");
    tryCommit(reserved, members).isInvalid(pointer);
    assertThat(api.get(path(reserved)).ok().text("/status")).isEqualTo("active");
  }

  // ------------------------------------------------------------------------------------------
  // release and extend

  @Test
  void a_release_returns_everything_that_is_still_held() {
    String block = api.grant("released", 1000).text("/block/id");
    Answer reserved = reserve("released", "tokens", "50");
    commit(reserved, "\"actual_units\": 10, \"final\": false");
    Answer released = api.post(path(reserved) + "/release", "{\"reason\": \"Cancelled\"}").ok();
    assertThat(released.text("/status")).isEqualTo("released");
    assertThat(released.text("/reason")).isEqualTo("Cancelled");
    assertThat(released.number("/held")).isZero();
    assertThat(released.number("/captured")).isEqualTo(20);
    assertThat(released.number("/returned")).isEqualTo(80);
    assertThat(released.number("/expired")).isZero();
    assertThat(released.number("/balance")).isEqualTo(980);
    assertThat(released.number("/effective_balance")).isEqualTo(980);

    JsonNode entry = api.ledger("released").getLast();
    assertThat(entry.path("id").textValue()).isEqualTo(released.text("/ledger_entry_id"));
    assertThat(entry.path("type").textValue()).isEqualTo("release");
    assertThat(entry.path("reason").textValue()).isEqualTo("released");
    assertThat(entry.path("delta").longValue()).isZero();
    assertThat(entry.path("reserved_after").longValue()).isZero();
    assertThat(entry.path("allocations").toString())
        .isEqualTo("[{\"block_id\":\"%s\",\"amount\":80}]".formatted(block));
    assertThat(entry.path("reference").path("id")).isEqualTo(reserved.at("/reservation_id"));
  }

  @Test
  void a_release_needs_no_reason() {
    for (String body : List.of("{}", "{\"reason\": null}")) {
      Answer released = api.post(path(reserveCredits("forms", 5)) + "/release", body).ok();
      assertThat(released.at("/reason").isNull()).isTrue();
    }
    String path = path(reserveCredits("forms", 5)) + "/release";
    api.post(path, "{\"reason\": \"\"}").isInvalid("/reason");
    api.post(path, "{\"reason\": \"%s\"}".formatted("é".repeat(501))).isInvalid("/reason");
    api.post(path, "{\"reason\": 1, \"why\": 1}").isInvalid("/reason", "/why");
    assertThat(
            api.post(path, "{\"reason\": \"%s\"}".formatted("é".repeat(500))).ok().text("/status"))
        .isEqualTo("released");
  }

  @Test
  void an_extension_gives_it_so_many_seconds_from_now_be_that_more_or_less() {
    Answer reserved = reserveCredits("forms", 5);
    String path = path(reserved) + "/extend";
    for (int seconds : List.of(604_800, 10)) {
      Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
      Answer extended = api.post(path, "{\"ttl_seconds\": %d}".formatted(seconds)).ok();
      assertThat(extended.text("/status")).isEqualTo("active");
      assertThat(extended.number("/held")).isEqualTo(5);
      assertThat(extended.text("/created_at")).isEqualTo(reserved.text("/created_at"));
      assertThat(Instant.parse(extended.text("/expires_at")))
          .isBetween(before.plusSeconds(seconds), Instant.now().plusSeconds(seconds));
      assertThat(api.get(path(reserved)).ok().body()).isEqualTo(extended.body());
    }
    api.post(path, "{}").isInvalid("/ttl_seconds");
    api.post(path, "{\"ttl_seconds\": null}").isInvalid("/ttl_seconds");
  }

  // ------------------------------------------------------------------------------------------
  // what has ended

  @Test
  void a_reservation_that_has_ended_is_closed_and_tells_how_it_ended() {
    api.grant("ended", 1000);
    Answer committed = reserve("ended", "tokens", "50");
    commit(committed, "\"actual_units\": 20");
    Answer released = reserve("ended", "tokens", "50");
    commit(released, "\"actual_units\": 5, \"final\": false");
    api.post(path(released) + "/release", "{}").ok();
    String ledger = api.get(byExternalId("ended") + "/ledger").ok().body();

    for (Answer ended : List.of(committed, released)) {
      for (Answer refused : everyWrite(ended)) {
        refused.isProblem(409, "reservation_closed");
        assertThat(refused.at("/reservation")).isEqualTo(api.get(path(ended)).ok().json());
      }
    }
    assertThat(tryCommit(committed, "").text("/reservation/status")).isEqualTo("committed");
    assertThat(tryCommit(committed, "").number("/reservation/captured")).isEqualTo(40);
    assertThat(tryCommit(released, "").text("/reservation/status")).isEqualTo("released");
    assertThat(tryCommit(released, "").number("/reservation/captured")).isEqualTo(10);
    assertThat(api.get(byExternalId("ended") + "/ledger").ok().body()).isEqualTo(ledger);
  }

  /** What the three writes to a reservation are answered. */
  private List<Answer> everyWrite(Answer reserved) {
    return List.of(
        tryCommit(reserved, "\"actual_units\": 1"),
        tryCommit(reserved, "\"credits\": 1, \"final\": false"),
        api.post(path(reserved) + "/release", "{}"),
        api.post(path(reserved) + "/extend", "{\"ttl_seconds\": 60}"));
  }

  @Test
  void what_is_held_returns_at_the_end_of_its_time_at_the_latest_when_anybody_looks() {
    api.grant("touched", 1000);
    Answer reserved = tryReserve("touched", "\"credits\": 100, \"ttl_seconds\": 1").created();
    commit(reserved, "\"credits\": 30, \"final\": false");
    Instant expiresAt = Instant.parse(reserved.text("/expires_at"));
    inTime()
        .pollInterval(Duration.ofMillis(5))
        .until(() ->
            api.get(byExternalId("touched") + "/credits").ok().number("/reserved_balance") == 0);
    assertThat(Instant.now()).isAfterOrEqualTo(expiresAt);
    assertThat(api.get(byExternalId("touched") + "/credits").ok().number("/effective_balance"))
        .isEqualTo(970);

    Answer read = api.get(path(reserved)).ok();
    assertThat(read.text("/status")).isEqualTo("expired");
    assertThat(read.number("/held")).isZero();
    assertThat(read.number("/captured")).isEqualTo(30);
    for (Answer refused : everyWrite(reserved).subList(1, 4)) {
      refused.isProblem(409, "reservation_expired");
      assertThat(refused.at("/reservation")).isEqualTo(read.json());
    }
    JsonNode entry = api.ledger("touched").getLast();
    assertThat(entry.path("type").textValue()).isEqualTo("release");
    assertThat(entry.path("reason").textValue()).isEqualTo("expired");
    assertThat(entry.path("delta").longValue()).isZero();
    assertThat(entry.path("created_at").textValue()).isEqualTo(reserved.text("/expires_at"));
  }

  @Test
  void what_is_held_returns_at_the_end_of_its_time_though_nobody_asks() {
    api.grant("unasked", 1000);
    Answer reserved = tryReserve("unasked", "\"credits\": 100, \"ttl_seconds\": 1").created();
    Instant expiresAt = Instant.parse(reserved.text("/expires_at"));
    var view = new LedgerView(TestNode.shared().database());
    String customer = reserved.text("/customer_id");
    inTime().until(() -> view.of(TENANT.id(), "live", customer).size() == 3);

    LedgerView.Row release = view.of(TENANT.id(), "live", customer).getLast();
    assertThat(Instant.now()).isBetween(expiresAt, expiresAt.plusSeconds(5));
    assertThat(release.type()).isEqualTo("release");
    assertThat(release.reason()).isEqualTo("expired");
    assertThat(release.createdAt()).isEqualTo(expiresAt);
    assertThat(release.delta()).isZero();
    assertThat(release.reservedAfter()).isZero();
    assertThat(release.referenceType()).isEqualTo("reservation");
    assertThat(release.referenceId()).isEqualTo(reserved.text("/reservation_id"));
  }

  @Test
  void an_extended_reservation_outlives_its_first_end() {
    api.grant("extended", 1000);
    Answer first = tryReserve("extended", "\"credits\": 100, \"ttl_seconds\": 1").created();
    Answer second = tryReserve("extended", "\"credits\": 10, \"ttl_seconds\": 1").created();
    api.post(path(first) + "/extend", "{\"ttl_seconds\": 60}").ok();
    inTime().until(() -> api.get(path(second)).ok().text("/status").equals("expired"));
    assertThat(Instant.now()).isAfter(Instant.parse(first.text("/expires_at")));
    assertThat(commit(first, "").number("/cost")).isEqualTo(100);
  }

  // ------------------------------------------------------------------------------------------
  // what a hold survives

  @Test
  void a_hold_survives_the_expiry_of_its_block_and_what_returns_is_gone() {
    Instant expiry = Instant.now().plusMillis(1_500).truncatedTo(ChronoUnit.MILLIS);
    String block =
        block("outlived", "{\"credits\": 100, \"expires_at\": \"%s\"}".formatted(expiry));
    Answer committed = reserve("outlived", "tokens", "20");
    Answer released = reserve("outlived", "tokens", "10");
    String credits = byExternalId("outlived") + "/credits?include_blocks=true";
    inTime().until(() -> api.get(credits).ok().number("/balance") == 60);
    assertThat(Instant.now()).isAfterOrEqualTo(expiry);
    assertThat(api.get(credits).ok().number("/effective_balance")).isZero();
    tryReserve("outlived", "\"credits\": 1").isProblem(402, "insufficient_credits");

    Answer capture = commit(committed, "\"actual_units\": 15");
    assertThat(capture.number("/cost")).isEqualTo(30);
    assertThat(capture.at("/allocations").toString())
        .isEqualTo("[{\"block_id\":\"%s\",\"amount\":30}]".formatted(block));
    assertThat(capture.number("/returned")).isEqualTo(10);
    assertThat(capture.number("/expired")).isEqualTo(10);
    assertThat(capture.number("/balance")).isEqualTo(20);
    Answer release = api.post(path(released) + "/release", "{}").ok();
    assertThat(release.number("/returned")).isEqualTo(20);
    assertThat(release.number("/expired")).isEqualTo(20);
    assertThat(release.number("/balance")).isZero();

    assertThat(api.ledger("outlived"))
        .extracting(entry -> entry.path("type").textValue() + entry.path("delta"))
        .containsExactly(
            "grant100",
            "hold0",
            "hold0",
            "expire-40",
            "capture-30",
            "expire-10",
            "release0",
            "expire-20");
    assertThat(api.get(byExternalId("outlived") + "/ledger/verify").ok().truth("/valid")).isTrue();
  }

  @Test
  void a_hold_survives_that_its_block_is_voided() {
    String block = block("voided", "{\"credits\": 100}");
    Answer reserved = reserve("voided", "tokens", "20");
    api.post("/v1/credits/blocks/" + block + "/void", "{\"reason\": \"Mistake\"}").ok();
    assertThat(api.balance("voided")).isEqualTo(40);
    Answer committed = commit(reserved, "\"actual_units\": 5");
    assertThat(committed.number("/cost")).isEqualTo(10);
    assertThat(committed.number("/expired")).isEqualTo(30);
    assertThat(committed.number("/balance")).isZero();
  }

  @Test
  void what_was_reserved_is_committed_at_its_price_whatever_the_rule_is_now() {
    api.grant("pinned", 1000);
    Answer before = reserve("pinned", "repriced", "10");
    assertThat(before.number("/rule_version")).isEqualTo(1);
    api.price("repriced", "7");
    Answer after = reserve("pinned", "repriced", "10");
    assertThat(after.number("/rule_version")).isEqualTo(2);
    assertThat(after.number("/held")).isEqualTo(70);
    Answer committed = commit(before, "\"actual_units\": 20");
    assertThat(committed.number("/cost")).isEqualTo(40);
    assertThat(committed.number("/rule_version")).isEqualTo(1);
    assertThat(commit(after, "\"actual_units\": 20").number("/cost")).isEqualTo(140);
  }

  // ------------------------------------------------------------------------------------------
  // lists and reads

  @Test
  void reservations_are_listed_newest_first_by_status_and_by_pages() {
    api.grant("listed", 1000);
    Answer active = reserve("listed", "tokens", "1");
    Answer committed = reserve("listed", "tokens", "2");
    Answer released = reserve("listed", "tokens", "3");
    Answer expired = tryReserve("listed", "\"credits\": 4, \"ttl_seconds\": 1").created();
    Answer partly = reserve("listed", "tokens", "5");
    commit(committed, "");
    api.post(path(released) + "/release", "{}").ok();
    commit(partly, "\"actual_units\": 1, \"final\": false");
    inTime().until(() -> api.get(path(expired)).ok().text("/status").equals("expired"));

    String list = byExternalId("listed") + "/reservations";
    Answer all = api.get(list).ok();
    assertThat(all.each("reservation_id"))
        .containsExactlyElementsOf(ids(partly, expired, released, committed, active));
    assertThat(all.each("status"))
        .containsExactly("active", "expired", "released", "committed", "active");
    assertThat(all.truth("/pagination/has_more")).isFalse();
    all.at("/data")
        .forEach(each ->
            assertThat(each)
                .isEqualTo(
                    api.get(RESERVE + "/" + each.path("reservation_id").textValue()).ok().json()));
    assertThat(
            api.get("/v1/customers/" + active.text("/customer_id") + "/reservations").ok().body())
        .isEqualTo(all.body());

    assertThat(listed(list + "?status=active")).containsExactlyElementsOf(ids(partly, active));
    assertThat(listed(list + "?status=committed")).containsExactlyElementsOf(ids(committed));
    assertThat(listed(list + "?status=released")).containsExactlyElementsOf(ids(released));
    assertThat(listed(list + "?status=expired")).containsExactlyElementsOf(ids(expired));

    assertThat(paged(list + "?limit=2"))
        .containsExactlyElementsOf(ids(partly, expired, released, committed, active));
    assertThat(paged(list + "?limit=1&status=active"))
        .containsExactlyElementsOf(ids(partly, active));
    assertThat(paged(list + "?limit=1&status=released")).containsExactlyElementsOf(ids(released));

    for (String query :
        List.of("status=gone", "status=", "limit=0", "limit=101", "cursor=x", "state=active")) {
      api.get(list + "?" + query).isProblem(400, "invalid_request");
    }
    api.get(byExternalId("nobody") + "/reservations").isProblem(404, "customer_not_found");
  }

  @Test
  void a_page_stays_where_it_is_while_reservations_come_and_end() {
    api.grant("paged", 1000);
    Answer first = reserve("paged", "tokens", "1");
    Answer second = reserve("paged", "tokens", "2");
    Answer third = reserve("paged", "tokens", "3");
    for (String status : List.of("", "&status=active")) {
      String list = byExternalId("paged") + "/reservations?limit=1" + status;
      Answer page = api.get(list).ok();
      String newest = page.each("reservation_id").getFirst();
      reserve("paged", "tokens", "4");
      Answer next = api.get(list + "&cursor=" + page.text("/pagination/next_cursor")).ok();
      assertThat(next.each("reservation_id").getFirst()).isNotEqualTo(newest);
    }
    String list = byExternalId("paged") + "/reservations?limit=3&status=active";
    Answer page = api.get(list).ok();
    commit(second, "");
    assertThat(listed(list + "&cursor=" + page.text("/pagination/next_cursor")))
        .containsExactlyElementsOf(ids(first));
    assertThat(page.each("reservation_id")).contains(third.text("/reservation_id"));
  }

  @Test
  void the_end_of_a_reservation_is_in_the_timeline() {
    api.grant("ahead", 100);
    Answer reserved = tryReserve("ahead", "\"credits\": 5, \"ttl_seconds\": 100").created();
    JsonNode next = api.get(byExternalId("ahead") + "/timeline").ok().at("/data/0");
    assertThat(next.path("type").textValue()).isEqualTo("reservation_expiry");
    assertThat(next.path("at").textValue()).isEqualTo(reserved.text("/expires_at"));
    assertThat(next.path("id").textValue()).isEqualTo(reserved.text("/reservation_id"));
    assertThat(next.path("amount").longValue()).isEqualTo(5);
  }

  @Test
  void an_id_of_anything_else_is_no_reservation() {
    Answer granted = api.grant("mine", 100);
    Answer reserved = reserve("mine", "tokens", "1");
    var mine = UUID.fromString(reserved.text("/customer_id"));
    var theirs = UUID.fromString(api.grant("theirs", 100).text("/customer_id"));
    OwnedId id = OwnedId.Kind.RESERVATION.parse(reserved.text("/reservation_id"));
    assertThat(id).isNotNull();
    List<String> others =
        List.of(
            // another customer's, an unknown customer's, of an event that is none, of none yet
            OwnedId.Kind.RESERVATION.text(theirs, id.number()),
            OwnedId.Kind.RESERVATION.text(UUID.randomUUID(), id.number()),
            OwnedId.Kind.RESERVATION.text(mine, 1),
            OwnedId.Kind.RESERVATION.text(mine, 1_000_000),
            // of another kind
            granted.text("/block/id"),
            OwnedId.Kind.USAGE_EVENT.text(mine, id.number()),
            OwnedId.Kind.TOPUP.text(mine, id.number()),
            reserved.text("/ledger_entry_id"),
            // of no kind
            "res_",
            "res_a",
            reserved.text("/reservation_id").toUpperCase(Locale.ROOT),
            "1");
    for (String other : others) {
      assertUnknown(api, RESERVE + "/" + other);
    }
    TestTenant stranger = TestTenant.in(TestNode.shared());
    stranger.live().grant("mine", 100);
    for (ApiClient elsewhere : List.of(TENANT.test(), stranger.live(), stranger.test())) {
      assertUnknown(elsewhere, path(reserved));
    }
    assertThat(api.get(path(reserved)).ok().text("/status")).isEqualTo("active");
    assertThat(api.ledger("mine")).hasSize(2);
  }

  private static void assertUnknown(ApiClient client, String path) {
    client.get(path).isProblem(404, "not_found");
    client.post(path + "/commit", "{}").isProblem(404, "not_found");
    client.post(path + "/release", "{}").isProblem(404, "not_found");
    client.post(path + "/extend", "{\"ttl_seconds\": 5}").isProblem(404, "not_found");
  }

  // ------------------------------------------------------------------------------------------
  // retries

  @Test
  void a_retry_of_any_write_is_answered_alike_also_after_the_end() {
    api.grant("retried", 1000);
    String body =
        """
        {"external_customer_id": "retried", "billable_metric_key": "tokens", "estimated_units": 50}
        """;
    Answer reserved = api.post(RESERVE, body, "reserve").created();
    String path = path(reserved);
    String part = "{\"actual_units\": 10, \"final\": false}";
    Answer captured = api.post(path + "/commit", part, "part").ok();
    Answer extended = api.post(path + "/extend", "{\"ttl_seconds\": 1000}", "extend").ok();
    Answer committed = api.post(path + "/commit", "{}", "commit").ok();
    String other = path(reserve("retried", "tokens", "5"));
    Answer released = api.post(other + "/release", "{\"reason\": \"é\"}", "release").ok();
    String ledger = api.get(byExternalId("retried") + "/ledger").ok().body();

    isReplay(api.post(RESERVE, body, "reserve"), reserved);
    isReplay(api.post(path + "/commit", part, "part"), captured);
    isReplay(api.post(path + "/extend", "{\"ttl_seconds\": 1000}", "extend"), extended);
    isReplay(api.post(path + "/commit", "{}", "commit"), committed);
    isReplay(api.post(other + "/release", "{\"reason\": \"é\"}", "release"), released);
    api.post(path + "/commit", "{\"actual_units\": 1}", "commit")
        .isProblem(422, "idempotency_key_reused");
    api.post(other + "/release", "{}", "release").isProblem(422, "idempotency_key_reused");
    assertThat(api.get(byExternalId("retried") + "/ledger").ok().body()).isEqualTo(ledger);
  }

  private static void isReplay(Answer again, Answer first) {
    again.is(first.status());
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(again.isReplay()).isTrue();
    assertThat(first.isReplay()).isFalse();
  }

  @Test
  void of_commits_that_race_one_ends_the_reservation() {
    api.grant("raced", 1000);
    Answer reserved = reserve("raced", "tokens", "50");
    var commits = new ArrayList<ApiClient.Request>();
    for (int i = 0; i < 20; i++) {
      commits.add(api.request("POST", path(reserved) + "/commit").json("{}"));
    }
    List<Answer> answers = ApiClient.together(commits);
    assertThat(answers).filteredOn(answer -> answer.status() == 200).hasSize(1);
    assertThat(answers)
        .filteredOn(answer -> answer.status() != 200)
        .allSatisfy(answer -> answer.isProblem(409, "reservation_closed"));
    assertThat(api.balance("raced")).isEqualTo(900);
  }

  // ------------------------------------------------------------------------------------------

  private Answer tryReserve(String externalId, String members) {
    return api.post(
        RESERVE, "{\"external_customer_id\": %s, %s}".formatted(quoted(externalId), members));
  }

  private Answer reserve(String externalId, String metric, String units) {
    return tryReserve(
            externalId,
            "\"billable_metric_key\": \"%s\", \"estimated_units\": %s".formatted(metric, units))
        .created();
  }

  private Answer reserveCredits(String externalId, long creditsMc) {
    return tryReserve(externalId, "\"credits\": " + creditsMc).created();
  }

  private Answer tryCommit(Answer reserved, String members) {
    return api.post(path(reserved) + "/commit", "{%s}".formatted(members));
  }

  private Answer commit(Answer reserved, String members) {
    return tryCommit(reserved, members).ok();
  }

  private String block(String externalId, String json) {
    return api.grant(externalId, json).text("/block/id");
  }

  private static String path(Answer reserved) {
    return RESERVE + "/" + reserved.text("/reservation_id");
  }

  private static Duration lifeOf(Answer reserved) {
    return Duration.between(
        Instant.parse(reserved.text("/created_at")), Instant.parse(reserved.text("/expires_at")));
  }

  private static List<String> blocksOf(Answer reserved) {
    return reserved.at("/allocations").findValuesAsText("block_id");
  }

  private static List<String> ids(Answer... reserved) {
    return List.of(reserved).stream().map(each -> each.text("/reservation_id")).toList();
  }

  private List<String> listed(String list) {
    return api.get(list).ok().each("reservation_id");
  }

  /** The ids of all pages, whose size the query tells. */
  private List<String> paged(String list) {
    var all = new ArrayList<String>();
    String cursor = "";
    do {
      Answer page = api.get(list + cursor).ok();
      all.addAll(page.each("reservation_id"));
      String next = page.textOrNull("/pagination/next_cursor");
      cursor = next == null ? "" : "&cursor=" + next;
    } while (!cursor.isEmpty());
    return all;
  }
}
