package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static io.quotastack.cluster.api.ApiClient.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When the tenant is asked to top a customer up, and what keeps it from being asked. */
class AutoTopupTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String REQUESTED = "topup_requested.1";
  private static final String REFUSED = "topup_refused.1";

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makePackage() {
    ApiClient api = TENANT.live();
    api.metric("tokens", "1");
    api.post(
            "/v1/topup/packages",
            "{\"key\": \"starter\", \"name\": \"Starter\", \"credits\": 1000}")
        .created();
  }

  // ------------------------------------------------------------------------------------------
  // settings

  @Test
  void what_is_set_is_read_back_replaced_and_removed() throws SQLException {
    Answer granted = api.grant("set", 1000);
    Answer none = api.get(path("set")).ok();
    assertThat(none.truth("/enabled")).isFalse();
    assertThat(none.text("/external_customer_id")).isEqualTo("set");
    for (String member :
        List.of("threshold", "package_id", "credits", "max_per_window", "window_seconds")) {
      assertThat(none.at("/" + member).isNull()).as(member).isTrue();
    }

    Answer set =
        set(
            "set",
            """
            "threshold": 200, "package_id": "starter", "max_per_window": 100,
            "window_seconds": 31622400
            """);
    assertThat(set.truth("/enabled")).isTrue();
    assertThat(set.text("/customer_id")).isEqualTo(granted.text("/customer_id"));
    assertThat(set.number("/threshold")).isEqualTo(200);
    assertThat(set.text("/package_id")).isEqualTo("starter");
    assertThat(set.at("/credits").isNull()).isTrue();
    assertThat(set.number("/max_per_window")).isEqualTo(100);
    assertThat(set.number("/window_seconds")).isEqualTo(31_622_400);
    assertThat(set.at("/pending_until").isNull()).isTrue();
    assertThat(set.number("/refusals")).isZero();
    assertThat(set.at("/not_before").isNull()).isTrue();
    assertThat(api.get(path("set")).ok().body()).isEqualTo(set.body());
    String byId = "/v1/customers/" + granted.text("/customer_id") + "/auto-topup";
    assertThat(api.get(byId).ok().body()).isEqualTo(set.body());

    Answer replaced = set("set", "\"threshold\": 100, \"credits\": 5000");
    assertThat(replaced.at("/package_id").isNull()).isTrue();
    assertThat(replaced.number("/credits")).isEqualTo(5000);
    assertThat(replaced.number("/max_per_window")).isEqualTo(1);
    assertThat(replaced.number("/window_seconds")).isEqualTo(86_400);
    assertThat(api.put(path("set"), "{\"threshold\": 100, \"credits\": 5000}").ok().body())
        .isEqualTo(replaced.body());

    assertThat(api.delete(path("set")).ok().truth("/enabled")).isFalse();
    assertThat(api.get(path("set")).ok().body()).isEqualTo(none.body());
    assertThat(api.delete(byId).ok().truth("/enabled")).isFalse();
    assertThat(events(granted, REQUESTED)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"credits\": 1                                                    | /threshold",
        "\"threshold\": null, \"credits\": 1                               | /threshold",
        "\"threshold\": 0, \"credits\": 1                                  | /threshold",
        "\"threshold\": \"1\", \"credits\": 1                              | /threshold",
        "\"threshold\": 1                                                  | /credits",
        "\"threshold\": 1, \"credits\": null, \"package_id\": null         | /credits",
        "\"threshold\": 1, \"credits\": 0                                  | /credits",
        "\"threshold\": 1, \"credits\": 1, \"package_id\": \"starter\"     | /package_id",
        "\"threshold\": 1, \"package_id\": \"unheard_of\"                  | /package_id",
        "\"threshold\": 1, \"package_id\": \"Starter\"                     | /package_id",
        "\"threshold\": 1, \"credits\": 1, \"max_per_window\": 0           | /max_per_window",
        "\"threshold\": 1, \"credits\": 1, \"max_per_window\": 101         | /max_per_window",
        "\"threshold\": 1, \"credits\": 1, \"window_seconds\": 0           | /window_seconds",
        "\"threshold\": 1, \"credits\": 1, \"window_seconds\": 31622401    | /window_seconds",
        "\"threshold\": 1, \"credits\": 1, \"enabled\": true               | /enabled",
      })
  void what_is_wrong_with_settings_is_told_where_it_is(String members, String pointer) {
    api.post("/v1/customers", "{\"external_id\": \"forms\"}");
    api.put(path("forms"), "{%s}".formatted(members)).isInvalid(pointer);
    assertThat(api.get(path("forms")).ok().truth("/enabled")).isFalse();
  }

  @Test
  void an_amount_beyond_the_range_is_out_of_range() {
    api.grant("big", 1);
    for (String members :
        List.of(
            "\"threshold\": 9007199254740992, \"credits\": 1",
            "\"threshold\": 1, \"credits\": 9007199254740992")) {
      api.put(path("big"), "{%s}".formatted(members)).isProblem(422, "amount_out_of_range");
    }
  }

  @Test
  void a_package_that_is_archived_is_not_asked_for() {
    api.grant("archived", 1);
    api.post("/v1/topup/packages", "{\"key\": \"old\", \"name\": \"Old\", \"credits\": 1}")
        .created();
    api.patch("/v1/topup/packages/old", "{\"archived\": true}").ok();
    api.put(path("archived"), "{\"threshold\": 5, \"package_id\": \"old\"}")
        .isInvalid("/package_id");
  }

  @Test
  void nobody_is_created_by_it() {
    api.get(path("nobody")).isProblem(404, "customer_not_found");
    api.put(path("nobody"), "{\"threshold\": 1, \"credits\": 1}")
        .isProblem(404, "customer_not_found");
    api.delete(path("nobody")).isProblem(404, "customer_not_found");
    api.post(path("nobody") + "/refuse", "{}").isProblem(404, "customer_not_found");
    api.get(byExternalId("nobody")).isProblem(404, "customer_not_found");
  }

  // ------------------------------------------------------------------------------------------
  // requests

  @Test
  void a_topup_is_asked_for_once_when_the_effective_balance_falls_below_the_threshold()
      throws SQLException {
    Answer granted = api.grant("falling", 1000);
    set("falling", "\"threshold\": 500, \"credits\": 2000, \"max_per_window\": 5");
    api.use("falling", "tokens", "500").created();
    assertThat(events(granted, REQUESTED)).as("at the threshold").isEmpty();
    Answer used = api.use("falling", "tokens", "1").created();
    api.use("falling", "tokens", "1").created();

    List<JsonNode> requests = events(granted, REQUESTED);
    assertThat(requests).as("one at a time").hasSize(1);
    JsonNode request = requests.getFirst();
    assertThat(request.path("at")).isEqualTo(used.at("/created_at"));
    assertThat(request.path("effective_mc").longValue()).isEqualTo(499);
    assertThat(request.path("settings").path("threshold_mc").longValue()).isEqualTo(500);
    assertThat(request.path("settings").path("credits_mc").longValue()).isEqualTo(2000);
    assertThat(request.path("webhook_sequence").longValue()).isPositive();
    Answer pending = api.get(path("falling")).ok();
    assertThat(pending.text("/pending_until")).isEqualTo(request.path("pending_until").textValue());
    assertThat(Instant.parse(pending.text("/pending_until")))
        .isEqualTo(Instant.parse(used.text("/created_at")).plus(Duration.ofHours(1)));

    topup("falling", 2000);
    assertThat(api.get(path("falling")).ok().at("/pending_until").isNull()).isTrue();
    assertThat(events(granted, REQUESTED)).hasSize(1);
    api.use("falling", "tokens", "2000").created();
    assertThat(events(granted, REQUESTED)).as("the next time").hasSize(2);
    assertThat(api.get(byExternalId("falling") + "/ledger/verify").ok().truth("/valid")).isTrue();
  }

  @Test
  void a_hold_lowers_the_effective_balance_too() throws SQLException {
    Answer granted = api.grant("holding", 1000);
    set("holding", "\"threshold\": 500, \"package_id\": \"starter\"");
    api.post("/v1/reserve", "{\"external_customer_id\": \"holding\", \"credits\": 600}").created();
    JsonNode request = events(granted, REQUESTED).getFirst();
    assertThat(request.path("effective_mc").longValue()).isEqualTo(400);
    assertThat(request.path("settings").path("package_key").textValue()).isEqualTo("starter");
  }

  @Test
  void who_is_below_the_threshold_when_it_is_set_is_asked_for_at_once() throws SQLException {
    Answer granted = api.grant("poor", 10);
    Answer set = set("poor", "\"threshold\": 500, \"credits\": 2000");
    assertThat(set.at("/pending_until").isTextual()).isTrue();
    assertThat(events(granted, REQUESTED)).hasSize(1);
    set("poor", "\"threshold\": 600, \"credits\": 2000, \"max_per_window\": 9");
    assertThat(events(granted, REQUESTED)).as("what is pending stays so").hasSize(1);
  }

  @Test
  void a_topup_that_is_not_enough_is_followed_by_the_next_request() throws SQLException {
    Answer granted = api.grant("hungry", 10);
    set("hungry", "\"threshold\": 500, \"credits\": 100, \"max_per_window\": 2");
    topup("hungry", 100);
    assertThat(events(granted, REQUESTED)).hasSize(2);
    topup("hungry", 100);
    assertThat(events(granted, REQUESTED)).as("no more in this window").hasSize(2);
    assertThat(api.get(path("hungry")).ok().at("/pending_until").isNull()).isTrue();
    // More are allowed now: those of before count.
    set("hungry", "\"threshold\": 500, \"credits\": 100, \"max_per_window\": 3");
    assertThat(events(granted, REQUESTED)).hasSize(3);
  }

  @Test
  void the_next_window_allows_the_next_request_though_nobody_asks() throws SQLException {
    Answer granted = api.grant("windowed", 10);
    set("windowed", "\"threshold\": 500, \"credits\": 100, \"window_seconds\": 2");
    topup("windowed", 100);
    assertThat(events(granted, REQUESTED)).hasSize(1);
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> events(granted, REQUESTED).size() == 2);
    List<JsonNode> requests = events(granted, REQUESTED);
    assertThat(at(requests.get(1))).isEqualTo(at(requests.get(0)).plusSeconds(2));
  }

  @Test
  void only_a_topup_answers_a_request() throws SQLException {
    Answer granted = api.grant("granted", 10);
    String pending = set("granted", "\"threshold\": 500, \"credits\": 100").text("/pending_until");
    api.grant("granted", 5000);
    assertThat(api.get(path("granted")).ok().text("/pending_until")).isEqualTo(pending);
    assertThat(events(granted, REQUESTED)).hasSize(1);
  }

  @Test
  void what_is_removed_asks_no_more() throws SQLException {
    Answer granted = api.grant("removed", 1000);
    set("removed", "\"threshold\": 500, \"credits\": 2000");
    api.delete(path("removed")).ok();
    api.use("removed", "tokens", "900").created();
    assertThat(events(granted, REQUESTED)).isEmpty();
  }

  // ------------------------------------------------------------------------------------------
  // refusals

  @Test
  void after_a_refusal_there_is_a_pause() throws SQLException {
    Answer granted = api.grant("refused", 10);
    set("refused", "\"threshold\": 500, \"credits\": 100, \"max_per_window\": 10");
    Answer refused = api.post(path("refused") + "/refuse", "{}", "refuse").ok();
    assertThat(refused.text("/external_customer_id")).isEqualTo("refused");
    assertThat(Instant.parse(refused.text("/not_before")))
        .isEqualTo(Instant.parse(refused.text("/refused_at")).plus(Duration.ofHours(1)));
    assertThat(events(granted, REFUSED).getFirst().path("not_before").textValue())
        .isEqualTo(refused.text("/not_before"));

    Answer status = api.get(path("refused")).ok();
    assertThat(status.at("/pending_until").isNull()).isTrue();
    assertThat(status.number("/refusals")).isEqualTo(1);
    assertThat(status.text("/not_before")).isEqualTo(refused.text("/not_before"));
    api.use("refused", "tokens", "1").created();
    set("refused", "\"threshold\": 400, \"credits\": 100, \"max_per_window\": 10");
    assertThat(events(granted, REQUESTED)).hasSize(1);
    JsonNode next = api.get(byExternalId("refused") + "/timeline").ok().at("/data/0");
    assertThat(next.path("type").textValue()).isEqualTo("auto_topup");
    assertThat(next.path("at").textValue()).isEqualTo(refused.text("/not_before"));

    api.post(path("refused") + "/refuse", "{}").isProblem(400, "invalid_request");
    Answer again = api.post(path("refused") + "/refuse", "{}", "refuse").ok();
    assertThat(again.isReplay()).isTrue();
    assertThat(again.body()).isEqualTo(refused.body());
    assertThat(events(granted, REFUSED)).hasSize(1);
  }

  @Test
  void a_topup_ends_the_row_of_refusals() throws SQLException {
    Answer granted = api.grant("forgiven", 10);
    set("forgiven", "\"threshold\": 500, \"credits\": 100, \"max_per_window\": 10");
    api.post(path("forgiven") + "/refuse", "{}").ok();
    topup("forgiven", 1000);
    Answer status = api.get(path("forgiven")).ok();
    assertThat(status.number("/refusals")).isZero();
    assertThat(status.at("/not_before").isNull()).isTrue();
    api.use("forgiven", "tokens", "900").created();
    assertThat(events(granted, REQUESTED)).hasSize(2);
  }

  @Test
  void what_is_not_asked_for_cannot_be_refused() {
    api.grant("content", 1000);
    api.post(path("content") + "/refuse", "{}").isProblem(400, "invalid_request");
    set("content", "\"threshold\": 500, \"credits\": 100");
    api.post(path("content") + "/refuse", "{}").isProblem(400, "invalid_request");
    api.post(path("content") + "/refuse", "{\"reason\": \"Card\"}").isInvalid("/reason");
  }

  @Test
  void a_refusal_needs_no_body() {
    api.grant("bodiless", 10);
    set("bodiless", "\"threshold\": 500, \"credits\": 100");
    Answer refused =
        api.request("POST", path("bodiless") + "/refuse").without("Content-Type").send().ok();
    assertThat(api.get(path("bodiless")).ok().text("/not_before"))
        .isEqualTo(refused.text("/not_before"));
  }

  @Test
  void a_retry_of_a_removal_removes_nothing_that_was_set_since() {
    api.grant("kept", 1000);
    Answer removed = delete("kept", "k").ok();
    set("kept", "\"threshold\": 500, \"credits\": 100");
    Answer again = delete("kept", "k").ok();
    assertThat(again.isReplay()).isTrue();
    assertThat(again.body()).isEqualTo(removed.body());
    assertThat(api.get(path("kept")).ok().truth("/enabled")).isTrue();
    api.request("DELETE", path("kept"))
        .without("Idempotency-Key")
        .send()
        .isProblem(400, "idempotency_key");
  }

  // ------------------------------------------------------------------------------------------

  private static String path(String externalId) {
    return byExternalId(externalId) + "/auto-topup";
  }

  private Answer set(String externalId, String members) {
    return api.put(path(externalId), "{%s}".formatted(members)).ok();
  }

  private Answer delete(String externalId, String idempotencyKey) {
    return api.request("DELETE", path(externalId)).idempotencyKey(idempotencyKey).send();
  }

  private void topup(String externalId, long creditsMc) {
    api.post(
            "/v1/topup/grant",
            "{\"external_customer_id\": %s, \"credits\": %d}"
                .formatted(quoted(externalId), creditsMc))
        .created();
  }

  private static Instant at(JsonNode event) {
    return Instant.parse(event.path("at").textValue());
  }

  /** The events of that type in the customer's journal, oldest first, as the database has them. */
  private static List<JsonNode> events(Answer ofCustomer, String type) throws SQLException {
    var events = new ArrayList<JsonNode>();
    try (Connection connection = LedgerView.connect(TestNode.shared().database());
        PreparedStatement select =
            connection.prepareStatement(
                """
                SELECT event_payload FROM event_journal
                 WHERE persistence_id = ? AND event_ser_manifest = ? ORDER BY sequence_number
                """)) {
      select.setString(
          1, "customer|%s|live|%s".formatted(TENANT.id(), ofCustomer.text("/customer_id")));
      select.setString(2, type);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          events.add(
              Answer.json(new String(row.getBytes("event_payload"), StandardCharsets.UTF_8)));
        }
      }
    }
    return events;
  }
}
