package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quotastack.cluster.TestNode;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Goes through what can be done to a customer and read of it, by both of its names. The client
 * holds each exchange against openapi.yaml, so that the routes and the document cannot part.
 */
class DocumentedRoutesTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void prepare() {
    TENANT.live().metric("tokens", "2");
    TENANT
        .live()
        .post(
            "/v1/topup/packages",
            """
            {"key": "starter", "name": "Starter", "credits": 1000, "bonus_credits": 50,
             "price": "9.90", "currency": "EUR"}
            """)
        .created();
  }

  /** The paths of a customer, by either of its names. */
  private List<String> both(String externalId) {
    String path = byExternalId(externalId);
    return List.of(path, "/v1/customers/" + api.get(path).ok().text("/customer_id"));
  }

  /** Reads the same by both names. */
  private Answer read(String externalId, String rest) {
    List<String> paths = both(externalId);
    Answer answer = api.get(paths.getFirst() + rest).ok();
    assertThat(api.get(paths.getLast() + rest).ok().json()).isEqualTo(answer.json());
    return answer;
  }

  private Answer reserve(String externalId, String what) {
    return api.post(
        "/v1/reserve", "{\"external_customer_id\": \"%s\", %s}".formatted(externalId, what));
  }

  // ------------------------------------------------------------------------------------------
  // credits

  @Test
  void the_balance_is_corrected_up_and_down() {
    api.grant("adjusted", 100);
    for (String path : both("adjusted")) {
      Answer up = api.post(path + "/credits/adjust", "{\"delta\": 20, \"reason\": \"Sorry\"}").ok();
      assertThat(up.text("/reason")).isEqualTo("Sorry");
      Answer down =
          api.post(
                  path + "/credits/adjust",
                  "{\"delta\": -110, \"reason\": \"Too much\", \"metadata\": {\"ticket\": \"7\"}}")
              .is(path.contains("external") ? 200 : 402);
      if (down.status() == 200) {
        Answer entry = api.get("/v1/ledger/" + down.text("/id")).ok();
        assertThat(entry.text("/explanation/blocks/0/why")).isEqualTo("used");
        assertThat(entry.number("/explanation/blocks/1/available_before")).isEqualTo(20);
      } else {
        assertThat(down.number("/shortfall")).isEqualTo(80);
      }
      api.post(path + "/credits/adjust", "{\"delta\": 0, \"reason\": \"A\"}").isInvalid("/delta");
      api.post(path + "/credits/adjust", "{\"delta\": 1e16, \"reason\": \"A\"}")
          .isProblem(422, "amount_out_of_range");
    }
    api.post(byExternalId("nobody") + "/credits/adjust", "{\"delta\": 1, \"reason\": \"A\"}")
        .isProblem(404, "customer_not_found");
    assertThat(read("adjusted", "/credits").number("/balance")).isEqualTo(30);
  }

  @Test
  void a_block_is_taken_back_but_for_what_is_held() {
    Answer granted = api.grant("voided", "{\"credits\": 100, \"reason\": \"Trial\"}");
    String block = "/v1/credits/blocks/" + granted.text("/block/id") + "/void";
    api.grant("voided", "{\"credits\": 7, \"effective_at\": \"2100-01-01T00:00:00Z\"}");
    String at = reserve("voided", "\"credits\": 30").created().text("/created_at");
    await().until(() -> Instant.now().isAfter(Instant.parse(at).plusMillis(1)));
    Answer gone = api.post(block, "{\"reason\": \"Fraud\"}").ok();

    assertThat(gone.text("/status")).isEqualTo("voided");
    assertThat(gone.number("/remaining_amount")).isEqualTo(30);
    assertThat(
            api.post(block, "{\"reason\": \"Fraud\"}").isProblem(400, "invalid_request").pointers())
        .hasSize(1);
    api.post("/v1/credits/blocks/blk_x/void", "{\"reason\": \"A\"}").isProblem(404, "not_found");
    api.post(block, "{}").isInvalid("/reason");
    assertThat(read("voided", "/credits/blocks").each("status"))
        .containsExactlyInAnyOrder("voided", "pending");
    assertThat(read("voided", "/credits/blocks?status=voided").each("held_amount"))
        .containsExactly("30");
    assertThat(read("voided", "/credits/blocks?status=pending").at("/data")).hasSize(1);
    for (String status : List.of("active", "exhausted", "expired")) {
      assertThat(read("voided", "/credits/blocks?limit=1&status=" + status).at("/data")).isEmpty();
    }
    Answer before = read("voided", "/credits?include_blocks=true&at=" + at);
    assertThat(before.number("/effective_balance")).isEqualTo(70);
    assertThat(read("voided", "/credits?at=2001-01-01T00:00:00Z").number("/version")).isZero();
    api.get(byExternalId("voided") + "/credits?at=2100-01-01T00:00:00Z").isInvalid("?at");
    assertThat(read("voided", "/timeline?limit=2").each("type"))
        .containsExactly("reservation_expiry", "block_activation");
    assertThat(read("voided", "/ledger?type=void").at("/data")).hasSize(1);
  }

  // ------------------------------------------------------------------------------------------
  // usage

  @Test
  void usage_is_listed_summed_up_and_given_back() {
    api.grant("used", 100);
    String use = api.use("used", "tokens", "10").created().text("/usage_event_id");
    String path = "/v1/usage/" + use + "/reverse";
    Answer part = api.post(path, "{\"credits\": 5, \"reason\": \"Half\"}").ok();

    assertThat(part.number("/reversed")).isEqualTo(5);
    assertThat(part.number("/balance")).isEqualTo(85);
    assertThat(api.post(path, "{\"reason\": \"Rest\"}").ok().number("/amount")).isEqualTo(15);
    api.post(path, "{\"reason\": \"More\"}").isInvalid("/credits");
    api.post(path, "{\"credits\": 1e16, \"reason\": \"A\"}").isProblem(422, "amount_out_of_range");
    api.post("/v1/usage/use_x/reverse", "{\"reason\": \"A\"}").isProblem(404, "not_found");
    assertThat(
            read("used", "/usage?billable_metric_key=tokens&from=2020-01-01T00:00:00Z")
                .each("cost"))
        .containsExactly("20");
    assertThat(read("used", "/usage?to=2020-01-01T00:00:00Z").at("/data")).isEmpty();
    for (String grain : List.of("hour", "day", "month")) {
      Answer summary =
          read(
              "used",
              "/usage/summary?metric=tokens&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&group_by="
                  + grain);
      long reversedMc = 0;
      for (var bucket : summary.at("/buckets")) {
        reversedMc += bucket.path("reversed").longValue();
      }
      assertThat(reversedMc).isEqualTo(20);
    }
    api.get(byExternalId("used") + "/usage/summary").ok();
  }

  @Test
  void overage_is_booked_under_the_customers_own_policy_and_paid_by_the_next_grant() {
    api.grant("owing", 10);
    Answer customer =
        api.patch(byExternalId("owing"), "{\"overage_policy\": \"notify\", \"max_overage\": 30}")
            .ok();
    assertThat(customer.number("/max_overage")).isEqualTo(30);
    assertThat(api.use("owing", "tokens", "15").created().number("/overage")).isEqualTo(20);
    api.use("owing", "tokens", "6").isProblem(402, "insufficient_credits");
    Answer entitlement = read("owing", "/entitlements/tokens?units=6");
    assertThat(entitlement.text("/reason")).isEqualTo("overage_cap");
    assertThat(entitlement.text("/overage_policy")).isEqualTo("notify");
    Answer granted = api.grant("owing", 15);
    assertThat(granted.text("/block/status")).isEqualTo("exhausted");
    assertThat(granted.number("/overage_balance")).isEqualTo(5);
    assertThat(read("owing", "/ledger?order=asc").each("type"))
        .containsExactly("grant", "debit", "overage", "grant", "settle");
    api.patch(byExternalId("owing"), "{\"overage_policy\": null, \"max_overage\": null}").ok();
    api.patch(byExternalId("owing"), "{\"max_overage\": 1e16}")
        .isProblem(422, "amount_out_of_range");
  }

  // ------------------------------------------------------------------------------------------
  // reservations

  @Test
  void a_reservation_is_committed_in_parts() {
    api.grant("held", 100);
    Answer reserved =
        reserve(
                "held",
                """
                "billable_metric_key": "tokens", "estimated_units": "20", "ttl_seconds": 60,
                "properties": {"model": "large"}, "metadata": {"job": "1"}
                """)
            .created();
    String path = "/v1/reserve/" + reserved.text("/reservation_id");
    assertThat(reserved.number("/effective_balance")).isEqualTo(60);
    assertThat(
            api.get("/v1/ledger/" + reserved.text("/ledger_entry_id"))
                .ok()
                .text("/explanation/blocks/0/why"))
        .isEqualTo("used");

    Answer part = api.post(path + "/commit", "{\"actual_units\": 5, \"final\": false}").ok();
    assertThat(part.number("/held")).isEqualTo(30);
    Answer extended = api.post(path + "/extend", "{\"ttl_seconds\": 600}").ok();
    assertThat(api.get(path).ok().json()).isEqualTo(extended.json());
    Answer rest = api.request("POST", path + "/commit").without("Content-Type").send().ok();
    assertThat(rest.number("/cost")).isEqualTo(30);
    assertThat(rest.number("/balance")).isEqualTo(60);
    assertThat(rest.text("/status")).isEqualTo("committed");
    Answer late =
        api.post(path + "/extend", "{\"ttl_seconds\": 5}").isProblem(409, "reservation_closed");
    assertThat(late.number("/reservation/captured")).isEqualTo(40);
    assertThat(read("held", "/usage").each("reservation_id")).hasSize(2).doesNotContain("null");
    api.post("/v1/usage/" + rest.text("/usage_event_id") + "/reverse", "{\"reason\": \"A\"}").ok();
  }

  @Test
  void an_extended_reservation_is_listed_with_its_new_end() {
    api.grant("extended", 10);
    Answer reserved = reserve("extended", "\"credits\": 4, \"ttl_seconds\": 60").created();
    String path = "/v1/reserve/" + reserved.text("/reservation_id");
    Answer extended = api.post(path + "/extend", "{\"ttl_seconds\": 600}").ok();

    assertThat(extended.text("/expires_at")).isNotEqualTo(reserved.text("/expires_at"));
    assertThat(read("extended", "/reservations").each("expires_at"))
        .containsExactly(extended.text("/expires_at"));
    assertThat(read("extended", "/reservations?status=active").each("expires_at"))
        .containsExactly(extended.text("/expires_at"));
  }

  @Test
  void a_reservation_for_credits_is_released() {
    api.grant("released", 10);
    String path =
        "/v1/reserve/" + reserve("released", "\"credits\": 8").created().text("/reservation_id");
    assertThat(
            reserve("released", "\"credits\": 3")
                .isProblem(402, "insufficient_credits")
                .number("/available"))
        .isEqualTo(2);
    api.post(path + "/commit", "{\"actual_units\": 1}").isInvalid("/actual_units");
    api.post(path + "/commit", "{\"credits\": 11}").isProblem(402, "insufficient_credits");
    Answer part = api.post(path + "/commit", "{\"credits\": 3, \"final\": false}").ok();
    assertThat(part.textOrNull("/usage_event_id")).isNull();
    Answer gone = api.post(path + "/release", "{\"reason\": \"Broken off\"}").ok();
    assertThat(gone.number("/returned")).isEqualTo(5);
    assertThat(gone.text("/reason")).isEqualTo("Broken off");
    api.post(path + "/release", "{}").isProblem(409, "reservation_closed");
    api.post("/v1/reserve/res_x/release", "{}").isProblem(404, "not_found");
    api.get("/v1/reserve/res_x").isProblem(404, "not_found");
    for (String status : List.of("active", "committed", "expired")) {
      assertThat(read("released", "/reservations?status=" + status).at("/data")).isEmpty();
    }
    assertThat(read("released", "/reservations?status=released&limit=1").each("captured"))
        .containsExactly("3");
    reserve("released", "\"billable_metric_key\": \"none\", \"estimated_units\": 1")
        .isProblem(422, "no_metering_rule");
    reserve("nobody", "\"credits\": 1").isProblem(404, "customer_not_found");
    reserve("released", "\"credits\": 1, \"estimated_units\": 1").isInvalid("/credits");
  }

  // ------------------------------------------------------------------------------------------
  // topups

  @Test
  void a_payment_is_granted_once() {
    String paid =
        "{\"external_customer_id\": \"payer\", \"package_id\": \"starter\", \"external_payment_id\": \"pay_1\"}";
    Answer first = api.post("/v1/topup/grant", paid).created();
    assertThat(first.at("/blocks")).hasSize(2);
    assertThat(first.number("/balance")).isEqualTo(1_050);
    Answer again = api.post("/v1/topup/grant", paid).created();
    assertThat(again.isReplay()).isTrue();
    assertThat(again.json()).isEqualTo(first.json());
    assertThat(
            api.post("/v1/topup/grant", paid.replace("starter\"", "starter\", \"priority\": 3"))
                .isProblem(409, "payment_conflict")
                .text("/topup_id"))
        .isEqualTo(first.text("/topup_id"));
    api.post("/v1/topup/grant", paid.replace("starter", "none").replace("pay_1", "pay_2"))
        .isInvalid("/package_id");
    api.post(
            "/v1/topup/grant",
            "{\"external_customer_id\": \"payer\", \"credits\": 1, \"expires_after_seconds\": 60}")
        .created();
    assertThat(api.balance("payer")).isEqualTo(1_051);
  }

  @Test
  void an_auto_topup_is_set_asked_for_refused_and_removed() {
    api.grant("auto", 10);
    List<String> paths = both("auto");
    for (String path : paths) {
      assertThat(read("auto", "/auto-topup").truth("/enabled")).isFalse();
      api.put(path + "/auto-topup", "{\"threshold\": 50, \"package_id\": \"none\"}")
          .isInvalid("/package_id");
      api.put(path + "/auto-topup", "{\"threshold\": 1e16, \"credits\": 1}")
          .isProblem(422, "amount_out_of_range");
      Answer set =
          api.put(path + "/auto-topup", "{\"threshold\": 50, \"package_id\": \"starter\"}").ok();
      assertThat(set.number("/window_seconds")).isEqualTo(86_400);
      Answer pending = read("auto", "/auto-topup");
      assertThat(pending.textOrNull("/pending_until")).isNotNull();
      assertThat(read("auto", "/timeline").each("type")).contains("auto_topup");
      Answer refused = api.post(path + "/auto-topup/refuse", "{}").ok();
      assertThat(read("auto", "/auto-topup").text("/not_before"))
          .isEqualTo(refused.text("/not_before"));
      api.request("POST", path + "/auto-topup/refuse")
          .without("Content-Type")
          .send()
          .isProblem(400, "invalid_request");
      assertThat(api.delete(path + "/auto-topup").ok().truth("/enabled")).isFalse();
      api.request("DELETE", path + "/auto-topup")
          .without("Idempotency-Key")
          .send()
          .isProblem(400, "idempotency_key");
    }
    api.put(byExternalId("nobody") + "/auto-topup", "{\"threshold\": 1, \"credits\": 1}")
        .isProblem(404, "customer_not_found");
    api.delete(byExternalId("nobody") + "/auto-topup").isProblem(404, "customer_not_found");
  }
}
