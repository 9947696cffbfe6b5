package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static io.quotastack.cluster.api.ApiClient.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import io.quotastack.engine.ids.OwnedId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Granting payments: by credits or by package, and each payment once for ever. */
class TopupsTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final String GRANT = "/v1/topup/grant";
  private static final String PACKAGES = "/v1/topup/packages";

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makePackages() {
    ApiClient api = TENANT.live();
    api.metric("tokens", "1");
    api.post(
            PACKAGES,
            """
            {"key": "starter", "name": "Starter", "credits": 1000, "bonus_credits": 50,
             "price": "9.90", "currency": "EUR", "expires_after_seconds": 3600, "priority": 10}
            """)
        .created();
    api.post(PACKAGES, "{\"key\": \"bare\", \"name\": \"Bare\", \"credits\": 700}").created();
  }

  // ------------------------------------------------------------------------------------------
  // credits

  @Test
  void a_topup_of_credits_is_a_paid_block_that_never_expires() {
    api.grant("whole", 5);
    Answer topup =
        tryTopup(
                "whole",
                """
                "credits": 3000, "price_paid": "4.50", "currency": "EUR",
                "external_payment_id": "pi_whole", "priority": 3, "metric_keys": ["tokens"],
                "metadata": {"invoice": "i-1"}
                """)
            .created();
    assertThat(topup.isReplay()).isFalse();
    assertThat(topup.text("/external_customer_id")).isEqualTo("whole");
    assertThat(topup.at("/package_id").isNull()).isTrue();
    assertThat(topup.text("/external_payment_id")).isEqualTo("pi_whole");
    assertThat(topup.at("/blocks")).hasSize(1);
    JsonNode block = topup.at("/blocks/0");
    assertThat(block.path("original_amount").longValue()).isEqualTo(3000);
    assertThat(block.path("remaining_amount").longValue()).isEqualTo(3000);
    assertThat(block.path("source").textValue()).isEqualTo("topup");
    assertThat(block.path("paid").booleanValue()).isTrue();
    assertThat(block.path("price_paid").textValue()).isEqualTo("4.5");
    assertThat(block.path("currency").textValue()).isEqualTo("EUR");
    assertThat(block.path("priority").intValue()).isEqualTo(3);
    assertThat(block.path("expires_at").isNull()).isTrue();
    assertThat(block.path("metric_keys").toString()).isEqualTo("[\"tokens\"]");
    assertThat(block.path("metadata").toString()).isEqualTo("{\"invoice\":\"i-1\"}");
    assertThat(block.path("created_at")).isEqualTo(topup.at("/created_at"));
    assertThat(topup.number("/balance")).isEqualTo(3005);
    assertThat(topup.number("/effective_balance")).isEqualTo(3005);
    assertThat(topup.number("/ledger_sequence")).isEqualTo(2);

    JsonNode entry = api.get("/v1/ledger/" + topup.text("/ledger_entry_id")).ok().json();
    assertThat(entry.path("type").textValue()).isEqualTo("grant");
    assertThat(entry.path("delta").longValue()).isEqualTo(3000);
    assertThat(entry.path("allocations").path(0).path("block_id")).isEqualTo(block.path("id"));
    assertThat(blocks("whole")).contains(block);
  }

  @Test
  void a_topup_needs_nothing_but_a_customer_and_what_is_bought() {
    Answer topup =
        tryTopup(
                "least",
                """
                "credits": 1, "package_id": null, "price_paid": null, "currency": null,
                "external_payment_id": null, "priority": null, "expires_at": null,
                "expires_after_seconds": null, "metric_keys": null, "metadata": null
                """)
            .created();
    assertThat(topup.at("/external_payment_id").isNull()).isTrue();
    assertThat(topup.truth("/blocks/0/paid")).isFalse();
    assertThat(topup.number("/blocks/0/priority")).isZero();
    assertThat(topup.at("/blocks/0/expires_at").isNull()).isTrue();
    String again = "\"credits\": 1, \"price_paid\": 0, \"currency\": \"EUR\"";
    assertThat(tryTopup("least", again).created().truth("/blocks/0/paid")).isFalse();
    assertThat(api.balance("least")).isEqualTo(2);
  }

  @Test
  void the_first_topup_creates_the_customer_by_its_external_id_only() {
    Answer topup = topup("new by topup", "\"credits\": 250");
    Answer customer = api.get(byExternalId("new by topup")).ok();
    assertThat(customer.text("/customer_id")).isEqualTo(topup.text("/customer_id"));
    assertThat(customer.text("/created_at")).isEqualTo(topup.text("/created_at"));
    assertThat(topup.number("/ledger_sequence")).isEqualTo(1);
    Answer byId =
        api.post(
                GRANT,
                "{\"customer_id\": \"%s\", \"credits\": 5}".formatted(topup.text("/customer_id")))
            .created();
    assertThat(byId.text("/external_customer_id")).isEqualTo("new by topup");
    assertThat(byId.number("/balance")).isEqualTo(255);

    String unknown = UUID.randomUUID().toString();
    api.post(GRANT, "{\"customer_id\": \"%s\", \"credits\": 5}".formatted(unknown))
        .isProblem(404, "customer_not_found");
    api.get("/v1/customers/" + unknown).isProblem(404, "customer_not_found");
    assertThat(TENANT.test().get(byExternalId("new by topup")).status()).isEqualTo(404);
  }

  @Test
  void credits_of_a_wallet_burn_last_and_free_ones_before_paid_ones() {
    topup("wallet", "\"credits\": 100, \"price_paid\": 1, \"currency\": \"EUR\"");
    api.grant("wallet", "{\"credits\": 10, \"expires_at\": \"2100-01-01T00:00:00Z\"}");
    topup("wallet", "\"credits\": 20");
    assertThat(api.use("wallet", "tokens", "35").created().amounts("/allocations"))
        .containsExactly(10L, 20L, 5L);
  }

  @Test
  void a_topup_first_pays_the_overage_off() {
    topup("owing", "\"credits\": 10");
    api.patch(byExternalId("owing"), "{\"overage_policy\": \"allow\"}").ok();
    api.use("owing", "tokens", "1040").created();
    Answer topup = topup("owing", "\"package_id\": \"starter\"");
    assertThat(topup.number("/balance")).isEqualTo(20);
    assertThat(topup.number("/overage_balance")).isZero();
    assertThat(topup.number("/blocks/0/remaining_amount")).isZero();
    assertThat(topup.number("/blocks/1/remaining_amount")).isEqualTo(20);
    assertThat(api.balance("owing")).isEqualTo(20);
    assertThat(api.ledger("owing"))
        .extracting(entry -> entry.path("type").textValue() + entry.path("delta"))
        .containsExactly(
            "grant10", "debit-10", "overage0", "grant1000", "grant50", "settle-1000", "settle-30");
  }

  // ------------------------------------------------------------------------------------------
  // packages

  @Test
  void a_package_is_granted_with_its_bonus_as_a_free_block_of_its_own() {
    Answer topup = topup("packaged", "\"package_id\": \"starter\", \"metadata\": {\"a\": \"b\"}");
    assertThat(topup.text("/package_id")).isEqualTo("starter");
    assertThat(topup.at("/blocks")).hasSize(2);
    JsonNode bought = topup.at("/blocks/0");
    JsonNode bonus = topup.at("/blocks/1");
    assertThat(bought.path("original_amount").longValue()).isEqualTo(1000);
    assertThat(bought.path("paid").booleanValue()).isTrue();
    assertThat(bought.path("price_paid").textValue()).isEqualTo("9.9");
    assertThat(bought.path("currency").textValue()).isEqualTo("EUR");
    assertThat(bonus.path("original_amount").longValue()).isEqualTo(50);
    assertThat(bonus.path("paid").booleanValue()).isFalse();
    assertThat(bonus.path("price_paid").isNull()).isTrue();
    assertThat(bonus.path("currency").isNull()).isTrue();
    for (JsonNode each : List.of(bought, bonus)) {
      assertThat(each.path("source").textValue()).isEqualTo("topup");
      assertThat(each.path("priority").intValue()).isEqualTo(10);
      assertThat(lifeOf(each)).isEqualTo(Duration.ofHours(1));
      assertThat(each.path("metadata").toString()).isEqualTo("{\"a\":\"b\"}");
    }
    assertThat(topup.number("/balance")).isEqualTo(1050);
    assertThat(api.balance("packaged")).isEqualTo(1050);
    assertThat(blocks("packaged")).containsExactlyInAnyOrder(bought, bonus);
    assertThat(api.ledger("packaged"))
        .extracting(entry -> entry.path("type").textValue() + entry.path("delta"))
        .containsExactly("grant1000", "grant50");
    // What is free burns first.
    assertThat(api.use("packaged", "tokens", "60").created().amounts("/allocations"))
        .containsExactly(50L, 10L);
  }

  @Test
  void a_package_needs_neither_price_nor_bonus_nor_end() {
    Answer topup = topup("bare", "\"package_id\": \"bare\"");
    assertThat(topup.at("/blocks")).hasSize(1);
    assertThat(topup.truth("/blocks/0/paid")).isFalse();
    assertThat(topup.at("/blocks/0/expires_at").isNull()).isTrue();
    assertThat(topup.number("/balance")).isEqualTo(700);
  }

  @Test
  void what_a_topup_tells_itself_overrides_the_package() {
    Answer told =
        topup(
            "overriding",
            """
            "package_id": "starter", "price_paid": "5.00", "currency": "USD", "priority": 0,
            "expires_at": "2100-01-01T00:00:00Z", "metric_keys": ["tokens"]
            """);
    JsonNode bought = told.at("/blocks/0");
    assertThat(bought.path("price_paid").textValue()).isEqualTo("5");
    assertThat(bought.path("currency").textValue()).isEqualTo("USD");
    for (JsonNode each : told.at("/blocks")) {
      assertThat(each.path("priority").intValue()).isZero();
      assertThat(each.path("expires_at").textValue()).isEqualTo("2100-01-01T00:00:00.000Z");
      assertThat(each.path("metric_keys").toString()).isEqualTo("[\"tokens\"]");
    }
    Answer seconds =
        topup("overriding", "\"package_id\": \"starter\", \"expires_after_seconds\": 60");
    assertThat(lifeOf(seconds.at("/blocks/0"))).isEqualTo(Duration.ofMinutes(1));
    assertThat(seconds.number("/blocks/0/priority")).isEqualTo(10);
    Answer free = topup("overriding", "\"package_id\": \"starter\", \"price_paid\": 0");
    assertThat(free.truth("/blocks/0/paid")).isFalse();
  }

  @Test
  void a_package_that_is_unknown_or_archived_is_not_sold() {
    tryTopup("nobody", "\"package_id\": \"unheard_of\"").isInvalid("/package_id");
    api.post(PACKAGES, "{\"key\": \"old\", \"name\": \"Old\", \"credits\": 10}").created();
    topup("archived", "\"package_id\": \"old\"");
    api.patch(PACKAGES + "/old", "{\"archived\": true}").ok();
    tryTopup("archived", "\"package_id\": \"old\"").isInvalid("/package_id");
    tryTopup("nobody", "\"package_id\": \"old\"").isInvalid("/package_id");
    api.get(byExternalId("nobody")).isProblem(404, "customer_not_found");
    TENANT
        .test()
        .post(GRANT, "{\"external_customer_id\": \"nobody\", \"package_id\": \"starter\"}")
        .isInvalid("/package_id");
    api.patch(PACKAGES + "/old", "{\"archived\": false}").ok();
    assertThat(topup("archived", "\"package_id\": \"old\"").number("/balance")).isEqualTo(20);
  }

  @Test
  void a_changed_package_changes_the_next_topup_and_no_earlier_one() {
    api.post(PACKAGES, "{\"key\": \"changing\", \"name\": \"C\", \"credits\": 10}").created();
    Answer before = topup("changing", "\"package_id\": \"changing\"");
    api.patch(PACKAGES + "/changing", "{\"credits\": 20, \"bonus_credits\": 1}").ok();
    Answer after = topup("changing", "\"package_id\": \"changing\"");
    assertThat(after.number("/balance")).isEqualTo(31);
    assertThat(blocks("changing")).contains(before.at("/blocks/0"), after.at("/blocks/1"));
  }

  // ------------------------------------------------------------------------------------------
  // payments

  @Test
  void a_redelivered_payment_is_answered_with_the_first_grant() {
    String members =
        """
        "credits": 3000, "price_paid": "4.50", "currency": "EUR", "external_payment_id": "pi_é 1",
        "metric_keys": ["tokens", "images"], "priority": 3, "expires_after_seconds": 3600
        """;
    Answer first = topup("redelivered", members);
    api.use("redelivered", "tokens", "100").created();
    String ledger = api.get(byExternalId("redelivered") + "/ledger").ok().body();
    for (String same :
        List.of(
            members,
            members + ", \"metadata\": {\"delivery\": \"2\"}",
            members.replace("\"4.50\"", "4.5"),
            members.replace("[\"tokens\", \"images\"]", "[\"images\", \"tokens\"]"))) {
      Answer again = tryTopup("redelivered", same).created();
      assertThat(again.isReplay()).as(same).isTrue();
      assertThat(again.body()).isEqualTo(first.body());
    }
    Answer byId =
        api.post(
                GRANT,
                "{\"customer_id\": \"%s\", %s}".formatted(first.text("/customer_id"), members))
            .created();
    assertThat(byId.isReplay()).isTrue();
    assertThat(byId.body()).isEqualTo(first.body());
    assertThat(api.get(byExternalId("redelivered") + "/ledger").ok().body()).isEqualTo(ledger);
    assertThat(api.balance("redelivered")).isEqualTo(2900);
  }

  @Test
  void a_payment_with_other_terms_is_a_conflict() {
    String members =
        """
        "credits": 3000, "price_paid": "4.50", "currency": "EUR", "external_payment_id": "pi_1",
        "priority": 3, "expires_after_seconds": 3600, "metric_keys": ["tokens"]
        """;
    Answer first = topup("conflicting", members);
    for (String other :
        List.of(
            members.replace("3000", "3001"),
            members.replace("\"credits\": 3000", "\"package_id\": \"starter\""),
            members.replace("4.50", "4.51"),
            members.replace("EUR", "USD"),
            members.replace("\"priority\": 3", "\"priority\": 4"),
            members.replace("3600", "3601"),
            members.replace(", \"metric_keys\": [\"tokens\"]", ""),
            "\"credits\": 3000, \"external_payment_id\": \"pi_1\"")) {
      Answer refused = tryTopup("conflicting", other).isProblem(409, "payment_conflict");
      assertThat(refused.text("/topup_id")).as(other).isEqualTo(first.text("/topup_id"));
    }
    assertThat(api.ledger("conflicting")).hasSize(1);
    assertThat(api.balance("conflicting")).isEqualTo(3000);
  }

  @Test
  void a_payment_for_a_package_stays_granted_whatever_the_package_is_now() {
    api.post(PACKAGES, "{\"key\": \"gone\", \"name\": \"G\", \"credits\": 10}").created();
    String members = "\"package_id\": \"gone\", \"external_payment_id\": \"pi_gone\"";
    String body = "{\"external_customer_id\": \"late\", %s}".formatted(members);
    Answer first = api.post(GRANT, body, "late").created();
    api.patch(PACKAGES + "/gone", "{\"credits\": 20}").ok();
    assertThat(tryTopup("late", members).created().body()).isEqualTo(first.body());
    api.patch(PACKAGES + "/gone", "{\"archived\": true}").ok();
    Answer redelivered = tryTopup("late", members).created();
    assertThat(redelivered.isReplay()).isTrue();
    assertThat(redelivered.body()).isEqualTo(first.body());
    Answer retried = api.post(GRANT, body, "late").created();
    assertThat(retried.isReplay()).isTrue();
    assertThat(retried.body()).isEqualTo(first.body());
    tryTopup("late", members + ", \"priority\": 1").isProblem(409, "payment_conflict");
    tryTopup("late", members.replace("pi_gone", "pi_other")).isInvalid("/package_id");
    assertThat(api.balance("late")).isEqualTo(10);
  }

  @Test
  void a_payment_belongs_to_its_customer_and_environment() {
    String members = "\"credits\": 10, \"external_payment_id\": \"pi_shared\"";
    for (String customer : List.of("payer 1", "payer 2")) {
      Answer topup = topup(customer, members);
      assertThat(topup.isReplay()).isFalse();
      assertThat(topup.number("/balance")).isEqualTo(10);
    }
    Answer elsewhere =
        TENANT
            .test()
            .post(GRANT, "{\"external_customer_id\": \"payer 1\", %s}".formatted(members))
            .created();
    assertThat(elsewhere.isReplay()).isFalse();
  }

  @Test
  void a_refused_payment_is_not_remembered() {
    String members = "\"external_payment_id\": \"pi_refused\"";
    tryTopup("refused", "\"package_id\": \"unheard_of\", " + members).isInvalid("/package_id");
    assertThat(topup("refused", "\"credits\": 5, " + members).number("/balance")).isEqualTo(5);
  }

  @Test
  void of_deliveries_that_race_one_grants_and_the_others_get_its_answer() {
    String body =
        """
        {"external_customer_id": "raced", "package_id": "starter", "external_payment_id": "pi"}
        """;
    var deliveries = new ArrayList<ApiClient.Request>();
    for (int i = 0; i < 20; i++) {
      deliveries.add(api.request("POST", GRANT).json(body));
    }
    List<Answer> answers = ApiClient.together(deliveries);
    assertThat(answers).filteredOn(answer -> !answer.created().isReplay()).hasSize(1);
    assertThat(answers).extracting(Answer::body).containsOnly(answers.getFirst().body());
    assertThat(api.balance("raced")).isEqualTo(1050);
    assertThat(api.ledger("raced")).hasSize(2);
  }

  @Test
  void a_retry_gets_the_first_answer_and_another_request_none() {
    String body = "{\"external_customer_id\": \"retried\", \"credits\": 5}";
    Answer first = api.post(GRANT, body, "k").created();
    Answer again = api.post(GRANT, body, "k").created();
    assertThat(again.isReplay()).isTrue();
    assertThat(again.body()).isEqualTo(first.body());
    api.post(GRANT, body.replace("5", "6"), "k").isProblem(422, "idempotency_key_reused");
    assertThat(api.balance("retried")).isEqualTo(5);
    assertThat(OwnedId.Kind.TOPUP.parse(first.text("/topup_id"))).isNotNull();
  }

  // ------------------------------------------------------------------------------------------
  // bad input

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"priority\": 1                                               | /credits",
        "\"credits\": null, \"package_id\": null                       | /credits",
        "\"credits\": 1, \"package_id\": \"starter\"                   | /package_id",
        "\"credits\": 0                                                | /credits",
        "\"credits\": -1                                               | /credits",
        "\"credits\": 1.5                                              | /credits",
        "\"credits\": \"1\"                                            | /credits",
        "\"package_id\": \"Starter\"                                   | /package_id",
        "\"package_id\": 1                                             | /package_id",
        "\"credits\": 1, \"price_paid\": -1                            | /price_paid",
        "\"credits\": 1, \"price_paid\": \"free\"                      | /price_paid",
        "\"credits\": 1, \"currency\": \"EURO\"                        | /currency",
        "\"credits\": 1, \"currency\": \"ABC\"                         | /currency",
        "\"credits\": 1, \"external_payment_id\": \"\"                 | /external_payment_id",
        "\"credits\": 1, \"external_payment_id\": 5                    | /external_payment_id",
        "\"credits\": 1, \"priority\": 256                             | /priority",
        "\"credits\": 1, \"priority\": -1                              | /priority",
        "\"credits\": 1, \"expires_at\": \"soon\"                      | /expires_at",
        "\"credits\": 1, \"expires_at\": \"2020-01-01T00:00:00Z\"      | /expires_at",
        "\"credits\": 1, \"expires_after_seconds\": 0                  | /expires_after_seconds",
        "\"credits\": 1, \"expires_after_seconds\": 3155760001         | /expires_after_seconds",
        "\"credits\": 1, \"metric_keys\": []                           | /metric_keys",
        "\"credits\": 1, \"metric_keys\": [\"a\", \"a\"]               | /metric_keys",
        "\"credits\": 1, \"metric_keys\": [\"A\"]                      | /metric_keys/0",
        "\"credits\": 1, \"metadata\": {\"a\": 1}                      | /metadata/a",
        "\"credits\": 1, \"source\": \"topup\"                         | /source",
      })
  void what_is_wrong_with_a_topup_is_told_where_it_is(String members, String pointer) {
    tryTopup("unborn", members).isInvalid(pointer);
    api.get(byExternalId("unborn")).isProblem(404, "customer_not_found");
  }

  @Test
  void credits_end_in_one_way_at_most() {
    tryTopup(
            "unborn",
            """
            "credits": 1, "expires_at": "2100-01-01T00:00:00Z", "expires_after_seconds": 5
            """)
        .isInvalid("/expires_after_seconds");
  }

  @Test
  void a_payment_id_is_a_text_of_up_to_255_characters() {
    String members = "\"credits\": 1, \"external_payment_id\": \"%s\"";
    String longest = "é".repeat(255);
    assertThat(topup("long", members.formatted(longest)).text("/external_payment_id"))
        .isEqualTo(longest);
    assertThat(tryTopup("long", members.formatted(longest)).created().isReplay()).isTrue();
    tryTopup("long", members.formatted(longest + "é")).isInvalid("/external_payment_id");
  }

  @Test
  void everything_wrong_with_a_topup_is_told_at_once() {
    api.post(
            GRANT,
            """
            {"customer_id": "not a uuid", "external_customer_id": "", "credits": 0,
             "price_paid": -1, "currency": "x", "priority": -1, "expires_at": 5, "amount": 3}
            """)
        .isInvalid(
            "/customer_id",
            "/external_customer_id",
            "/credits",
            "/price_paid",
            "/currency",
            "/priority",
            "/expires_at",
            "/amount");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"customer_id\": null, \"external_customer_id\": null,",
        "\"customer_id\": \"6f1dbd6e-7a0f-5c55-9f3b-2f5b4c9a1e70\","
            + " \"external_customer_id\": \"forms\",",
      })
  void a_topup_names_its_customer_in_exactly_one_way(String members) {
    api.post(GRANT, "{%s \"credits\": 1}".formatted(members)).isProblem(400, "customer_identifier");
  }

  @Test
  void what_would_leave_the_range_of_amounts_is_refused_and_nothing_changes() {
    tryTopup("big", "\"credits\": 9007199254740992").isProblem(422, "amount_out_of_range");
    api.get(byExternalId("big")).isProblem(404, "customer_not_found");
    topup("big", "\"credits\": 9007199254740000");
    // The bonus alone would be in it.
    tryTopup("big", "\"package_id\": \"starter\", \"external_payment_id\": \"pi\"")
        .isProblem(422, "amount_out_of_range");
    assertThat(api.balance("big")).isEqualTo(9_007_199_254_740_000L);
    assertThat(api.ledger("big")).hasSize(1);
  }

  // ------------------------------------------------------------------------------------------

  private Answer tryTopup(String externalId, String members) {
    return api.post(
        GRANT, "{\"external_customer_id\": %s, %s}".formatted(quoted(externalId), members));
  }

  private Answer topup(String externalId, String members) {
    return tryTopup(externalId, members).created();
  }

  private List<JsonNode> blocks(String externalId) {
    return api.list(byExternalId(externalId) + "/credits/blocks");
  }

  private static Duration lifeOf(JsonNode block) {
    return Duration.between(
        Instant.parse(block.path("effective_at").textValue()),
        Instant.parse(block.path("expires_at").textValue()));
  }
}
