package io.quotastack.cluster.api;

import static io.quotastack.cluster.api.ApiClient.byExternalId;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.cluster.TestNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client is told when a request is wrong: which problem, where, and under which id. */
class ProblemsTest {
  private static final TestTenant TENANT = TestTenant.in(TestNode.shared());
  private static final int BODY_LIMIT_BYTES = 1 << 20;

  /** Failures of the node, which {@link StorageTest} provokes, and two that no request can. */
  private static final Set<String> NOT_BY_A_REQUEST =
      Set.of("overloaded", "storage_unavailable", "timeout", "internal");

  private final ApiClient api = TENANT.live();

  @BeforeAll
  static void makeCustomer() {
    TENANT.live().metric("tokens", "1");
    TENANT.live().grant("acme", 100);
  }

  // ------------------------------------------------------------------------------------------
  // every problem there is

  private static final Map<String, Supplier<Answer>> WAYS_TO_MEET =
      Map.ofEntries(
          way(
              "already_exists",
              "POST /v1/billable-metrics",
              "{\"key\": \"tokens\", \"name\": \"\\u0041\"}"),
          way(
              "amount_out_of_range",
              "POST " + byExternalId("acme") + "/credits/grant",
              "{\"credits\": 1e16}"),
          way("body_too_large", "POST /v1/usage", " ".repeat(BODY_LIMIT_BYTES + 1)),
          way("customer_exists", "POST /v1/customers", "{\"external_id\": \"acme\"}"),
          way("customer_identifier", "POST /v1/usage", "{\"billable_metric_key\": \"tokens\"}"),
          way("customer_not_found", "PATCH " + byExternalId("nobody"), "{}"),
          way("invalid_request", "POST /v1/usage", "{}"),
          way("malformed_json", "POST /v1/usage", "{"),
          way("method_not_allowed", "PATCH /v1/usage", "{}"),
          way("not_found", "POST /v1/nothing", "{}"),
          way(
              "insufficient_credits",
              "POST /v1/usage",
              "{\"external_customer_id\": \"acme\", \"billable_metric_key\": \"tokens\", \"units\": 101}"),
          way(
              "no_metering_rule",
              "POST /v1/usage",
              "{\"external_customer_id\": \"acme\", \"billable_metric_key\": \"unknown\"}"),
          way(
              "timestamp_out_of_range",
              "POST /v1/usage",
              "{\"external_customer_id\": \"acme\", \"billable_metric_key\": \"tokens\","
                  + " \"timestamp\": \"2001-01-01T00:00:00Z\"}"),
          Map.entry(
              "idempotency_key", () -> post("/v1/usage", "{}").without("Idempotency-Key").send()),
          Map.entry(
              "idempotency_key_reused",
              () -> {
                String path = byExternalId("reuse") + "/credits/grant";
                post(path, "{\"credits\": 1}").idempotencyKey("k").send().created();
                return post(path, "{\"credits\": 2}").idempotencyKey("k").send();
              }),
          Map.entry(
              "no_price",
              () -> {
                TENANT
                    .live()
                    .post("/v1/billable-metrics", "{\"key\": \"by_model\", \"name\": \"A\"}")
                    .created();
                TENANT
                    .live()
                    .post(
                        "/v1/metering-rules",
                        """
                        {"billable_metric_key": "by_model", "cost_type": "flat",
                         "dimensions": [{"match": {"model": "large"}, "flat_cost": 1}]}
                        """)
                    .created();
                return TENANT.live().use("acme", "by_model", "1");
              }),
          Map.entry(
              "payment_conflict",
              () -> {
                topup(5).created();
                return topup(6);
              }),
          Map.entry(
              "reservation_closed",
              () -> {
                String reservation = reserve(60);
                post(reservation + "/release", "{}").send().ok();
                return post(reservation + "/commit", "{}").send();
              }),
          Map.entry(
              "reservation_expired",
              () -> {
                String reservation = reserve(1);
                await()
                    .atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(50))
                    .until(
                        () -> TENANT.live().get(reservation).ok().text("/status"),
                        "expired"::equals);
                return post(reservation + "/commit", "{}").send();
              }),
          Map.entry("unauthenticated", () -> post("/v1/usage", "{}").without("X-API-Key").send()),
          Map.entry(
              "unsupported_media_type",
              () -> post("/v1/usage", "{}").header("Content-Type", "text/plain").send()));

  private static Map.Entry<String, Supplier<Answer>> way(
      String slug, String methodAndPath, String body) {
    String[] parts = methodAndPath.split(" ");
    return Map.entry(slug, () -> TENANT.live().request(parts[0], parts[1]).json(body).send());
  }

  private static Answer topup(long creditsMc) {
    return post(
            "/v1/topup/grant",
            """
            {"external_customer_id": "payer", "credits": %d, "external_payment_id": "pay_1"}
            """
                .formatted(creditsMc))
        .send();
  }

  /** The path of a new reservation of 1 mc. */
  private static String reserve(int ttlSeconds) {
    return "/v1/reserve/"
        + post(
                "/v1/reserve",
                """
                {"external_customer_id": "acme", "credits": 1, "ttl_seconds": %d}
                """
                    .formatted(ttlSeconds))
            .send()
            .created()
            .text("/reservation_id");
  }

  private static ApiClient.Request post(String path, String body) {
    return TENANT.live().request("POST", path).json(body);
  }

  static Set<String> slugs() {
    return WAYS_TO_MEET.keySet();
  }

  @ParameterizedTest
  @MethodSource("slugs")
  void a_problem_has_a_type_that_is_a_page_of_the_node(String slug) {
    Answer problem = requireNonNull(WAYS_TO_MEET.get(slug)).get();
    problem.isProblem(problem.status(), slug);
    assertThat(problem.headers().get("Content-Type")).isEqualTo("application/problem+json");
    assertThat(problem.text("/title")).isNotEmpty();
    assertThat(problem.text("/detail")).isNotEmpty();

    Answer page = api.request("GET", problem.text("/type")).without("X-API-Key").send().ok();
    assertThat(page.headers().get("Content-Type")).isEqualTo("text/html; charset=UTF-8");
    assertThat(page.body())
        .contains(problem.text("/title"), "<code>" + problem.status() + "</code>");
  }

  @Test
  void every_problem_of_the_document_is_met_by_a_test() {
    JsonNode slugs = api.get("/openapi.json").ok().at("/components/schemas/ProblemSlug/enum");
    var documented = new HashSet<String>();
    slugs.forEach(slug -> documented.add(slug.textValue()));
    var met = new HashSet<>(slugs());
    met.addAll(NOT_BY_A_REQUEST);
    assertThat(met).isEqualTo(documented);
  }

  // ------------------------------------------------------------------------------------------
  // bodies

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          {                                 | Line 1, column
          {"external_id": "a"               | Line 1, column
          {"external_id": "a",}             | Line 1, column 21
          {'external_id': 'a'}              | Line 1, column 2
          {"external_id": a}                | Line 1, column
          {"external_id" "a"}               | Line 1, column
          {"external_id": "a"} x            | Line 1, column 22
          {"external_id": "a"}{}            | Line 1, column 21
          {"external_id": "a"}]             | Line 1, column 21
          {"external_id": "\\x"}            | Line 1, column
          {"external_id": "\\u12"}          | Line 1, column
          {"credits": 01}                   | Line 1, column
          {"credits": .5}                   | Line 1, column
          {"credits": +5}                   | Line 1, column
          {"credits": NaN}                  | Line 1, column
          {"credits": 0x10}                 | Line 1, column
          {"a": 1, "b": 2, "a": 3}          | Line 1, column
          {"metadata": {"a": "1", "a": ""}} | Line 1, column
          // a comment                      | Line 1, column
          """)
  void what_is_no_json_is_told_with_line_and_column(String body, String where) {
    Answer problem = api.post("/v1/customers", body).isProblem(400, "malformed_json");
    assertThat(problem.text("/detail")).startsWith(where);
  }

  @Test
  void the_line_is_that_of_the_body() {
    Answer problem =
        api.post("/v1/customers", "{\n  \"external_id\": \"a\",\r\n  \"display_name\": oops\n}")
            .isProblem(400, "malformed_json");
    assertThat(problem.text("/detail")).startsWith("Line 3, column");
    Answer twice =
        api.post("/v1/customers", "{\n\n\"email\": \"a@b\",\n\"email\": \"a@b\"}")
            .isProblem(400, "malformed_json");
    assertThat(twice.text("/detail")).startsWith("Line 4, column").contains("email");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\n\t \r\n"})
  void a_body_that_is_missing_is_no_json(String body) {
    api.post("/v1/customers", body).isProblem(400, "malformed_json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "\"text\"", "17", "true", "null"})
  void a_body_is_an_object(String body) {
    api.post("/v1/customers", body).isInvalid("");
    api.patch(byExternalId("acme"), body).isInvalid("");
    api.post("/v1/usage/batch", body).isInvalid("");
  }

  static Stream<Arguments> notUtf8() {
    return Stream.of(
        Arguments.of("a byte that is never there", 0xff),
        Arguments.of("a lone continuation", 0x80),
        Arguments.of("Latin 1", 0xe9));
  }

  @ParameterizedTest
  @MethodSource("notUtf8")
  void a_body_that_is_not_utf_8_is_no_json(String what, int wrong) {
    byte[] body = "{\"external_id\": \"?ok\"}".getBytes(StandardCharsets.US_ASCII);
    body[17] = (byte) wrong;
    Answer problem =
        api.request("POST", "/v1/customers").bytes(body).send().isProblem(400, "malformed_json");
    assertThat(problem.text("/detail")).as(what).contains("Byte 17", "UTF-8");
  }

  @Test
  void utf_16_is_not_utf_8() {
    byte[] body = "{\"external_id\": \"a\"}".getBytes(StandardCharsets.UTF_16);
    api.request("POST", "/v1/customers").bytes(body).send().isProblem(400, "malformed_json");
  }

  @Test
  void a_body_is_nested_32_deep_at_most() {
    api.post("/v1/customers", nested(31)).isInvalid("/a");
    Answer problem = api.post("/v1/customers", nested(32)).isProblem(400, "malformed_json");
    assertThat(problem.text("/detail")).contains("nested deeper than 32");
    api.post("/v1/customers", "{\"a\": " + "[".repeat(100_000)).isProblem(400, "malformed_json");
  }

  private static String nested(int arrays) {
    return "{\"a\": " + "[".repeat(arrays) + "]".repeat(arrays) + "}";
  }

  @Test
  void a_number_has_100_characters_at_most() {
    String path = byExternalId("acme") + "/credits/grant";
    api.post(path, "{\"credits\": %s}".formatted("9".repeat(100)))
        .isProblem(422, "amount_out_of_range");
    api.post(path, "{\"credits\": %s}".formatted("9".repeat(101))).isProblem(400, "malformed_json");
  }

  @Test
  void unknown_fields_are_told_by_name_all_at_once() {
    Answer problem =
        api.post(
                "/v1/customers",
                """
                {"id": 1, "external_id": "a", "Email": "a@b", "": 0, "a/b~c": {}, "é": [],
                 "time_zone": 5}
                """)
            .isInvalid("/id", "/Email", "/", "/a~1b~0c", "/é", "/time_zone");
    assertThat(problem.text("/detail")).contains("5 more");
    for (JsonNode error : problem.at("/errors")) {
      boolean unknown = !error.path("pointer").textValue().equals("/time_zone");
      assertThat(error.path("detail").textValue().equals("is not a known field"))
          .isEqualTo(unknown);
    }
  }

  @Test
  void at_most_50_errors_are_told() {
    String members =
        IntStream.range(0, 60)
            .mapToObj(i -> "\"unknown%d\": %d".formatted(i, i))
            .collect(Collectors.joining(", "));
    Answer problem =
        api.post("/v1/customers", "{%s}".formatted(members)).isProblem(400, "invalid_request");
    assertThat(problem.at("/errors")).hasSize(50);
  }

  @Test
  void a_body_of_up_to_1_mib_is_read() {
    String body = "{\"external_id\": \"large\"}";
    api.post("/v1/customers", body + " ".repeat(BODY_LIMIT_BYTES - body.length())).created();
    api.post("/v1/customers", body + " ".repeat(BODY_LIMIT_BYTES - body.length() + 1))
        .isProblem(413, "body_too_large");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=iso-8859-1",
        "application/merge-patch+json",
      })
  void a_body_is_declared_as_json(String contentType) {
    for (String path : List.of("/v1/customers", byExternalId("acme") + "/credits/grant")) {
      post(path, "{\"credits\": 1}")
          .header("Content-Type", contentType)
          .send()
          .isProblem(415, "unsupported_media_type");
    }
    post("/v1/customers", "{}")
        .without("Content-Type")
        .send()
        .isProblem(415, "unsupported_media_type");
    post("/v1/customers", "{}")
        .header("Content-Encoding", "gzip")
        .send()
        .isProblem(415, "unsupported_media_type");
    assertThat(api.balance("acme")).isEqualTo(100);
  }

  // ------------------------------------------------------------------------------------------
  // addresses

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/usage, POST",
    "PATCH, /v1/usage, POST",
    "DELETE, /v1/usage/batch, POST",
    "GET, /v1/customers, POST",
    "PUT, /v1/customers/x, 'GET, HEAD, PATCH'",
    "POST, /v1/customer-by-external-id/x, 'GET, HEAD, PATCH'",
    "POST, /v1/customers/x/credits, 'GET, HEAD'",
    "GET, /v1/customers/x/credits/grant, POST",
    "DELETE, /v1/ledger/x, 'GET, HEAD'",
    "PUT, /v1/billable-metrics, 'GET, HEAD, POST'",
    "DELETE, /v1/billable-metrics/x, 'GET, HEAD, PATCH'",
    "PATCH, /v1/metering-rules, 'GET, HEAD, POST'",
    "PUT, /v1/topup/packages, 'GET, HEAD, POST'",
    "DELETE, /v1/topup/packages/x, 'GET, HEAD, PATCH'",
    "DELETE, /v1/tenants/x/config, 'GET, HEAD, PATCH'",
    "POST, /openapi.json, 'GET, HEAD'",
    "POST, /docs, 'GET, HEAD'",
    "OPTIONS, /v1/usage, POST",
  })
  void a_method_that_an_address_does_not_take_is_refused_with_those_that_it_does(
      String method, String path, String allowed) {
    Answer problem =
        api.request(method, path).without("X-API-Key").send().isProblem(405, "method_not_allowed");
    assertThat(problem.headers().get("Allow")).isEqualTo(allowed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/v1",
        "/v1/",
        "/v2/customers",
        "/V1/usage",
        "/v1/customer",
        "/v1/customers/",
        "/v1//customers",
        "/v1/usage/",
        "/v1/customers/x/credits/grant/now",
        "/v1/customers/x/nothing",
        "/v1/customer-by-external-id/",
        "/v1/customer-by-external-id/a/b",
        "/v1/customers/x/entitlements",
        "/v1/reservations",
        "/problems/nothing",
        "/favicon.ico",
      })
  void an_address_that_does_not_exist_is_not_found(String path) {
    for (String method : List.of("GET", "POST", "DELETE")) {
      if (method.equals("GET") || !path.startsWith("/problems/")) {
        api.request(method, path).send().isProblem(404, "not_found");
      }
    }
  }

  @Test
  void what_is_wrong_is_told_in_a_fixed_order() {
    ApiClient.Request request =
        api.request("POST", "/v1/nothing")
            .bytes("{".getBytes(StandardCharsets.UTF_8))
            .without("X-API-Key")
            .without("Idempotency-Key")
            .header("Content-Type", "text/plain");
    request.send().isProblem(404, "not_found");
    everythingWrong("PUT").send().isProblem(405, "method_not_allowed");
    everythingWrong("POST").send().isProblem(401, "unauthenticated");
    ApiClient.Request known = everythingWrong("POST").header("X-API-Key", TENANT.liveKey());
    known.send().isProblem(400, "idempotency_key");
    known.idempotencyKey("k").send().isInvalid("?dry");
  }

  private ApiClient.Request everythingWrong(String method) {
    return api.request(method, "/v1/usage?dry=1")
        .bytes("{".getBytes(StandardCharsets.UTF_8))
        .without("X-API-Key")
        .without("Idempotency-Key")
        .header("Content-Type", "text/plain");
  }

  // ------------------------------------------------------------------------------------------
  // request ids

  /** One request for each way in which an answer is made. */
  private List<ApiClient.Request> allKinds() {
    return List.of(
        api.request("GET", byExternalId("acme")),
        api.request("POST", byExternalId("acme") + "/credits/grant").json("{\"credits\": 0}"),
        api.usage("acme", "tokens", "0"),
        api.usage("acme", "tokens", "1000"),
        api.usage("nobody", "tokens", "1"),
        api.request("GET", "/v1/nothing"),
        api.request("GET", "/v1/usage"),
        api.request("GET", "/v1/billable-metrics?x=1"),
        api.request("GET", "/v1/customer-by-external-id/%ff"),
        api.request("POST", "/v1/usage").json("{"),
        api.request("POST", "/v1/usage").json(" ".repeat(BODY_LIMIT_BYTES + 1)),
        api.request("POST", "/v1/usage").json("{}").header("Content-Type", "text/plain"),
        api.request("POST", "/v1/usage").json("{}").without("Idempotency-Key"),
        api.request("GET", "/v1/ledger/x").without("X-API-Key"),
        api.request("GET", "/openapi.yaml"),
        api.request("GET", "/docs"),
        api.request("GET", "/problems/timeout"));
  }

  @Test
  void every_answer_bears_the_id_that_the_client_gave() {
    int count = 0;
    for (ApiClient.Request request : allKinds()) {
      String id = "mine-%d/~!{}".formatted(count++);
      assertThat(request.header("X-Request-Id", id).send().headers().get("X-Request-Id"))
          .isEqualTo(id);
    }
  }

  @Test
  void every_answer_bears_an_id_of_its_own_where_the_client_gave_none() {
    var ids = new ArrayList<String>();
    for (ApiClient.Request request : allKinds()) {
      ids.add(request.send().headers().get("X-Request-Id"));
    }
    assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id.matches("req_[0-9a-f]{32}"));
  }

  @Test
  void an_id_that_is_not_fit_is_replaced() {
    for (String unfit : List.of("", "two words", "x".repeat(129))) {
      Answer answer =
          api.request("GET", byExternalId("acme")).header("X-Request-Id", unfit).send().ok();
      assertThat(answer.headers().get("X-Request-Id")).startsWith("req_");
    }
    String longest = "x".repeat(128);
    assertThat(
            api.request("GET", "/v1/nothing")
                .header("X-Request-Id", longest)
                .send()
                .isProblem(404, "not_found")
                .text("/instance"))
        .isEqualTo(longest);
  }
}
