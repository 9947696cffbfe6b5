package io.quotastack.cluster.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Shows that the contract lets described exchanges pass and catches every kind of drift. */
class OpenApiContractTest {
  private static final String JSON = "application/json";
  private static final String PROBLEM = "application/problem+json; charset=UTF-8";
  private static final String CUSTOMER_PATH = "/v1/customers/6f1c1c1e-2f9c-5a40-8a35-0d7f7a0c9f11";
  private static final String CUSTOMER =
      """
      {"customer_id": "6f1c1c1e-2f9c-5a40-8a35-0d7f7a0c9f11", "external_customer_id": "acme",
       "display_name": null, "email": null, "time_zone": null, "overage_policy": null,
       "max_overage": null, "metadata": {"tier": "gold"},
       "created_at": "2026-01-15T00:00:00.000Z", "updated_at": "2026-01-15T00:00:00.000Z",
       "version": 1}
      """;
  private static final String BATCH_EVENT =
      """
      {"external_customer_id": "acme", "billable_metric_key": "tokens", "units": 12.5}
      """;

  private static final String FLAT_COST =
      """
      {"cost_type": "flat", "flat_cost": "1", "unit_cost": null, "package_size": null,
       "package_cost": null, "tiers": null}
      """;
  private static final String FLAT_RULE =
      FLAT_COST.replace(
          "{",
          """
          {"id": "rul_orxwwzlooixdc", "billable_metric_key": "tokens", "version": 1,
           "tier_scope": "event", "dimensions": [], "rounding": "up", "active": true,
           "effective_at": "2026-01-15T00:00:00.000Z", "created_at": "2026-01-15T00:00:00.000Z",
          """);

  private final OpenApiContract contract = OpenApiContract.load();

  @Test
  void a_described_exchange_passes() {
    assertPasses(() -> readCustomer(200, JSON, CUSTOMER));
  }

  @Test
  void an_extra_member_is_caught() {
    String body = CUSTOMER.replace("\"version\": 1", "\"version\": 1, \"nickname\": \"a\"");
    assertFails(() -> readCustomer(200, JSON, body), "nickname");
  }

  @Test
  void a_missing_member_is_caught() {
    String body = CUSTOMER.replace("\"email\": null,", "");
    assertFails(() -> readCustomer(200, JSON, body), "'email' not found");
  }

  @Test
  void a_wrong_type_is_caught() {
    String body = CUSTOMER.replace("\"version\": 1", "\"version\": \"1\"");
    assertFails(() -> readCustomer(200, JSON, body), "/version: string found, integer expected");
  }

  @Test
  void a_wrong_type_deep_inside_is_caught() {
    assertFails(() -> readCustomer(200, JSON, CUSTOMER.replace("\"gold\"", "7")), "/metadata/tier");
  }

  @Test
  void an_instant_without_milliseconds_is_caught() {
    String body = CUSTOMER.replace("00:00:00.000Z\",\n", "00:00:00Z\",\n");
    assertThat(body).isNotEqualTo(CUSTOMER);
    assertFails(() -> readCustomer(200, JSON, body), "/updated_at");
  }

  @Test
  void an_instant_that_does_not_exist_is_caught() {
    String body = CUSTOMER.replace("2026-01-15", "2026-02-30");
    assertFails(() -> readCustomer(200, JSON, body), "date-time");
  }

  @Test
  void an_amount_out_of_range_is_caught() {
    String body =
        """
        {"customer_id": "6f1c1c1e-2f9c-5a40-8a35-0d7f7a0c9f11", "external_customer_id": null,
         "balance": 9007199254740992, "reserved_balance": 0, "effective_balance": 0,
         "overage_balance": 0, "lifetime_granted": 0, "lifetime_consumed": 0, "version": 1}
        """;
    String path = CUSTOMER_PATH + "/credits";
    assertFails(
        () -> exchange("GET", path, null, 200, JSON, body), "maximum value of 9007199254740991");
    String inRange = body.replace("9007199254740992", "9007199254740991");
    assertPasses(() -> exchange("GET", path, null, 200, JSON, inRange));
  }

  @Test
  void a_duplicate_member_is_caught() {
    String body = CUSTOMER.replace("\"version\": 1", "\"version\": 1, \"version\": 1");
    assertFails(() -> readCustomer(200, JSON, body), "Duplicate field 'version'");
  }

  @Test
  void text_after_the_body_is_caught() {
    assertFails(() -> readCustomer(200, JSON, CUSTOMER + "{}"), "not JSON");
  }

  @Test
  void an_undocumented_status_is_caught() {
    assertFails(() -> readCustomer(202, JSON, CUSTOMER), "undocumented status 202");
  }

  @Test
  void an_undocumented_content_type_is_caught() {
    assertFails(() -> readCustomer(200, "text/plain", CUSTOMER), "content type 'text/plain'");
  }

  @Test
  void an_unknown_path_is_caught() {
    assertFails(
        () -> exchange("GET", "/v1/nonsense", null, 200, JSON, "{}"), "unknown path /v1/nonsense");
  }

  @Test
  void an_unknown_path_may_answer_not_found() {
    assertPasses(
        () -> exchange("GET", "/v1/nonsense", null, 404, PROBLEM, problem("not_found", 404)));
    assertFails(
        () -> exchange("GET", "/v1/x", null, 404, PROBLEM, problem("customer_not_found", 404)),
        "/type");
  }

  @Test
  void an_unknown_method_may_answer_method_not_allowed() {
    String body = problem("method_not_allowed", 405);
    Map<String, String> headers = Map.of("X-Request-Id", "r", "Allow", "GET, PATCH");
    assertPasses(
        () -> contract.check("DELETE", CUSTOMER_PATH, Map.of(), null, 405, headers, PROBLEM, body));
    assertFails(
        () -> exchange("DELETE", CUSTOMER_PATH, null, 405, PROBLEM, body), "missing header Allow");
    assertFails(
        () -> exchange("DELETE", CUSTOMER_PATH, null, 200, JSON, CUSTOMER),
        "unknown method delete");
  }

  @Test
  void a_problem_of_another_status_is_caught() {
    assertPasses(() -> readCustomer(404, PROBLEM, problem("customer_not_found", 404)));
    assertFails(() -> readCustomer(404, PROBLEM, problem("not_found", 404)), "/type");
    assertFails(() -> readCustomer(404, PROBLEM, problem("customer_not_found", 400)), "/status");
  }

  @Test
  void an_extra_member_of_a_problem_is_caught() {
    String body = problem("customer_not_found", 404).replace("}", ", \"hint\": \"none\"}");
    assertFails(() -> readCustomer(404, PROBLEM, body), "hint");
  }

  @Test
  void a_missing_response_header_is_caught() {
    assertFails(
        () ->
            contract.check(
                "GET",
                CUSTOMER_PATH,
                Map.of("X-API-Key", "k"),
                null,
                200,
                Map.of(),
                JSON,
                CUSTOMER),
        "missing header X-Request-Id");
  }

  @Test
  void a_replay_is_marked_with_true_and_never_on_a_read() {
    var headers = new HashMap<>(Map.of("X-Request-Id", "r", "x-idempotent-replayed", "true"));
    ThrowingCallable write =
        () ->
            contract.check(
                "POST",
                "/v1/customers",
                Map.of("X-API-Key", "k", "Idempotency-Key", "i", "Content-Type", JSON),
                "{}",
                201,
                headers,
                JSON,
                CUSTOMER);
    assertPasses(write);
    assertFails(
        () ->
            contract.check(
                "GET", CUSTOMER_PATH, Map.of("X-API-Key", "k"), null, 200, headers, JSON, CUSTOMER),
        "undocumented header x-idempotent-replayed");
    headers.put("x-idempotent-replayed", "yes");
    assertFails(write, "X-Idempotent-Replayed");
  }

  @Test
  void an_accepted_request_must_be_a_valid_one() {
    assertPasses(() -> createCustomer("{\"external_id\": \"acme\", \"email\": null}", 201));
    assertFails(() -> createCustomer("{\"external_id\": \"\"}", 201), "/external_id");
    assertFails(() -> createCustomer("{\"name\": \"acme\"}", 201), "name");
    assertFails(
        () -> exchange("POST", "/v1/customers", null, 201, JSON, CUSTOMER), "the body is missing");
  }

  @Test
  void a_refused_request_need_not_be_valid() {
    String problem =
        problem("invalid_request", 400)
            .replace("}", ", \"errors\": [{\"pointer\": \"/name\", \"detail\": \"unknown\"}]}");
    assertPasses(() -> exchange("POST", "/v1/customers", "{\"name\": 1}", 400, PROBLEM, problem));
  }

  @Test
  void an_accepted_write_has_an_idempotency_key_and_an_api_key() {
    assertFails(
        () ->
            contract.check(
                "POST",
                "/v1/customers",
                Map.of("Content-Type", JSON),
                "{}",
                201,
                Map.of("X-Request-Id", "r"),
                JSON,
                CUSTOMER),
        "Idempotency-Key is missing",
        "missing header X-API-Key");
  }

  @Test
  void query_parameters_are_checked() {
    String path = "/v1/customer-by-external-id/a%2Fb%20c/entitlements/tokens";
    assertPasses(
        () -> entitlement(path + "?units=12.5&properties[model]=large&properties%5Bto%5D=x"));
    assertFails(() -> entitlement(path + "?unit=1"), "unknown query parameter unit");
    assertFails(() -> entitlement(path + "?units=many"), "query parameter units");
    assertFails(() -> entitlement(path + "?units=1&units=2"), "2 times");
    String blocks = CUSTOMER_PATH + "/credits/blocks";
    String page = "{\"data\": [], \"pagination\": {\"has_more\": false, \"next_cursor\": null}}";
    assertPasses(() -> exchange("GET", blocks + "?limit=100", null, 200, JSON, page));
    assertFails(() -> exchange("GET", blocks + "?limit=101", null, 200, JSON, page), "limit");
    assertFails(() -> exchange("GET", blocks + "?limit=ten", null, 200, JSON, page), "limit");
    assertFails(() -> exchange("GET", blocks + "?status=void", null, 200, JSON, page), "status");
  }

  @Test
  void a_literal_path_is_meant_before_a_template() {
    String body =
        """
        {"valid": true, "entries": 0, "head_hash": "%s", "first_bad_sequence": null,
         "problem": null}
        """
            .formatted("0".repeat(64));
    assertPasses(() -> exchange("GET", CUSTOMER_PATH + "/ledger/verify", null, 200, JSON, body));
  }

  @Test
  void a_rejected_event_of_a_batch_need_not_be_valid() {
    String rejected =
        "{\"index\": 0, \"status\": \"rejected\", \"problem\": " + problem("internal", 500) + "}";
    String answer =
        "{\"results\": [" + rejected + "], \"recorded\": 0, \"replayed\": 0, \"rejected\": 1}";
    String bad = "{\"unit\": 3}";
    assertPasses(() -> batch("{\"events\": [" + bad + "]}", answer));
    assertFails(() -> batch("{\"events\": [" + bad + "," + bad + "]}", answer), "/events/0");
    assertPasses(() -> batch("{\"events\": [" + bad + "," + BATCH_EVENT + "]}", answer));
    assertFails(() -> batch("{\"event\": []}", answer), "event");
  }

  @Test
  void an_extra_or_missing_member_of_a_composed_answer_is_caught() {
    String recorded =
        """
        {"results": [{"index": 0, "status": "recorded",
          "usage_event_id": "use_n4obyhrptrnebcrvbv7xudjaeaaq",
          "customer_id": "6f1c1c1e-2f9c-5a40-8a35-0d7f7a0c9f11", "external_customer_id": "acme",
          "billable_metric_key": "tokens", "units": "12.5", "cost": 0, "rule_version": 1,
          "allocations": [], "overage": 0, "balance": 0, "reserved_balance": 0,
          "effective_balance": 0, "overage_balance": 0,
          "ledger_entry_id": "led_n4obyhrptrnebcrvbv7xudjaeaaq", "ledger_sequence": 1,
          "timestamp": "2026-01-15T00:00:00.000Z", "created_at": "2026-01-15T00:00:00.000Z"}],
         "recorded": 1, "replayed": 0, "rejected": 0}
        """;
    String request = "{\"events\": [" + BATCH_EVENT + "]}";
    assertPasses(() -> batch(request, recorded));
    assertFails(
        () -> batch(request, recorded.replace("\"cost\": 0", "\"cost\": 0, \"price\": 1")),
        "price");
    assertFails(() -> batch(request, recorded.replace("\"cost\": 0,", "")), "cost");
  }

  @Test
  void a_rule_costs_in_one_way_or_by_its_dimensions() {
    String flat = "\"cost_type\": \"flat\", \"flat_cost\": 1";
    String kinds = "\"dimensions\": [{\"match\": {\"a\": \"b\"}, %s}]";
    assertPasses(() -> createRule(flat, FLAT_RULE));
    assertPasses(() -> createRule(flat + ", \"unit_cost\": null, \"dimensions\": null", FLAT_RULE));
    assertPasses(() -> createRule(flat + ", " + kinds.formatted("\"flat_cost\": 2"), FLAT_RULE));
    assertPasses(() -> createRule(kinds.formatted(flat), FLAT_RULE));
    assertPasses(() ->
        createRule(
            "\"cost_type\": \"per_unit\", " + kinds.formatted("\"unit_cost\": 2"), FLAT_RULE));
    assertFails(() -> createRule("\"rounding\": \"up\"", FLAT_RULE), "dimensions");
    assertFails(() -> createRule("\"cost_type\": \"flat\"", FLAT_RULE), "flat_cost");
    assertFails(() -> createRule("\"flat_cost\": 1", FLAT_RULE), "cost_type");
    assertFails(() -> createRule(flat + ", \"unit_cost\": 1", FLAT_RULE), "unit_cost");
    assertFails(() -> createRule(flat + ", \"price\": 1", FLAT_RULE), "price");
    assertFails(() -> createRule(kinds.formatted("\"price\": 1"), FLAT_RULE), "price");
    assertFails(
        () -> createRule(kinds.formatted(flat + ", \"unit_cost\": 1"), FLAT_RULE), "unit_cost");
    assertFails(
        () -> createRule("\"dimensions\": [{\"match\": {}, " + flat + "}]", FLAT_RULE), "match");
  }

  @Test
  void an_extra_or_missing_member_of_a_dimension_is_caught() {
    String request = "\"cost_type\": \"flat\", \"flat_cost\": 1";
    String answer =
        FLAT_RULE.replace(
            "\"dimensions\": []",
            "\"dimensions\": [" + FLAT_COST.replace("{", "{\"match\": {\"a\": \"b\"}, ") + "]");
    assertPasses(() -> createRule(request, answer));
    assertFails(
        () -> createRule(request, answer.replace("\"match\"", "\"extra\": 1, \"match\"")), "extra");
    assertFails(
        () -> createRule(request, answer.replace("\"match\": {\"a\": \"b\"},", "")), "match");
    assertFails(
        () -> createRule(request, answer.replace("\"tier_scope\": \"event\",", "")), "tier_scope");
    assertFails(
        () ->
            createRule(
                request,
                FLAT_RULE.replace("\"dimensions\": []", "\"dimensions\": [], \"extra\": 1")),
        "extra");
  }

  @Test
  void exactly_one_name_of_a_customer_is_described() {
    String both =
        "{\"customer_id\": \"6f1c1c1e-2f9c-5a40-8a35-0d7f7a0c9f11\","
            + BATCH_EVENT.strip().substring(1);
    String answer =
        "{\"results\": [{\"index\": 9, \"status\": \"rejected\", \"problem\": "
            + problem("internal", 500)
            + "}], \"recorded\": 0, \"replayed\": 0, \"rejected\": 1}";
    assertPasses(() -> batch("{\"events\": [" + BATCH_EVENT + "]}", answer));
    assertFails(() -> batch("{\"events\": [" + both + "]}", answer), "/events/0");
    assertFails(
        () -> batch("{\"events\": [{\"billable_metric_key\": \"tokens\"}]}", answer), "/events/0");
  }

  @Test
  void the_message_shows_the_exchange() {
    assertFails(
        () -> readCustomer(202, JSON, CUSTOMER),
        "GET " + CUSTOMER_PATH + " answered 202",
        "response body: {\"customer_id\"");
  }

  private void readCustomer(int status, String contentType, String body) {
    exchange("GET", CUSTOMER_PATH, null, status, contentType, body);
  }

  private void createCustomer(String body, int status) {
    exchange("POST", "/v1/customers", body, status, JSON, CUSTOMER);
  }

  private void createRule(String members, String answer) {
    exchange(
        "POST",
        "/v1/metering-rules",
        "{\"billable_metric_key\": \"tokens\", " + members + "}",
        201,
        JSON,
        answer);
  }

  private void batch(String body, String answer) {
    exchange("POST", "/v1/usage/batch", body, 200, JSON, answer);
  }

  private void entitlement(String pathAndQuery) {
    String body =
        """
        {"allowed": true, "reason": null,
         "customer_id": "6f1c1c1e-2f9c-5a40-8a35-0d7f7a0c9f11", "external_customer_id": "a/b c",
         "billable_metric_key": "tokens", "feature_key": null, "units": "12.5", "balance": 9,
         "reserved_balance": 0, "effective_balance": 9, "overage_balance": 0, "estimated_cost": 8,
         "balance_after": 1, "affordable_units": 14, "subscription_status": null,
         "overage_policy": "block"}
        """;
    exchange("GET", pathAndQuery, null, 200, JSON, body);
  }

  private void exchange(
      String method,
      String pathAndQuery,
      @Nullable String requestBody,
      int status,
      String contentType,
      String responseBody) {
    contract.check(
        method,
        pathAndQuery,
        Map.of("X-API-Key", "k", "Idempotency-Key", "i", "Content-Type", JSON),
        requestBody,
        status,
        Map.of("X-Request-Id", "r"),
        contentType,
        responseBody);
  }

  private static String problem(String slug, int status) {
    return """
    {"type": "/problems/%s", "title": "Title", "status": %d, "detail": "Detail", "instance": "r"}
    """
        .formatted(slug, status)
        .strip();
  }

  private static void assertPasses(ThrowingCallable check) {
    assertThatCode(check).doesNotThrowAnyException();
  }

  private static void assertFails(ThrowingCallable check, String... mentions) {
    assertThatThrownBy(check).isInstanceOf(AssertionError.class).hasMessageContainingAll(mentions);
  }
}
