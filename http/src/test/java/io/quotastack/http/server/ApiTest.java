package io.quotastack.http.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.http.authentication.ApiKey;
import io.quotastack.http.authentication.Authenticator;
import io.quotastack.http.authentication.Caller;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemType;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What stands between a request and its endpoint, and what becomes of the endpoint's answer. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class ApiTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REVOKED = LoopbackServer.KEY.replace("_bb", "_cc");
  private static final String SLOW = LoopbackServer.KEY.replace("_bb", "_dd");
  private static final String BROKEN = LoopbackServer.KEY.replace("_bb", "_ee");
  private static final TextRule ANY = TextRule.length(0, 500);

  private final Logger apiLog = (Logger) LoggerFactory.getLogger(Api.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private LoopbackServer server;

  private static final class StorageGone extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  @BeforeAll
  void start() throws Exception {
    logged.start();
    apiLog.setAdditive(false);
    apiLog.addAppender(logged);
    var routes = new Routes();
    routes.get("/open", _ -> Reply.ok(json -> json.bool("open", true)).now()).open();
    routes.get("/caller", ApiTest::caller);
    routes.get("/names/{name}/of/{kind}", ApiTest::names);
    routes.get("/query", ApiTest::query).query("limit", "properties[]");
    routes.post("/things", ApiTest::create);
    routes.patch("/things/{id}", ApiTest::key);
    routes.delete("/things/{id}", ApiTest::key);
    routes.put("/things/{id}", ApiTest::optionalBody);
    routes.post("/check", ApiTest::optionalBody).withoutIdempotencyKey();
    routes.get("/fails/{how}", ApiTest::fail);
    server =
        LoopbackServer.start(
            routes,
            authenticator(),
            fault -> fault instanceof StorageGone ? Problem.storageUnavailable(3) : null,
            Duration.ofSeconds(1),
            Duration.ofSeconds(2));
  }

  @AfterAll
  void stop() {
    server.close();
    apiLog.detachAppender(logged);
    apiLog.setAdditive(true);
  }

  private static Authenticator authenticator() {
    String revoked = ApiKey.hash(REVOKED);
    String slow = ApiKey.hash(SLOW);
    String broken = ApiKey.hash(BROKEN);
    return key -> {
      var known = Optional.of(new Caller(key.tenant()));
      String hash = key.hash();
      if (hash.equals(revoked)) {
        return CompletableFuture.completedFuture(Optional.empty());
      }
      if (hash.equals(slow)) {
        return CompletableFuture.supplyAsync(() -> known);
      }
      if (hash.equals(broken)) {
        return CompletableFuture.failedFuture(new StorageGone());
      }
      return CompletableFuture.completedFuture(known);
    };
  }

  private static CompletionStage<Reply> caller(Call call) {
    return Reply.ok(json -> json.text("tenant", call.caller().tenant().tenantId())).now();
  }

  private static CompletionStage<Reply> names(Call call) {
    return Reply.ok(json ->
            json.text("name", call.path("name"))
                .text("kind", call.path("kind"))
                .text("other", call.pathOrNull("other")))
        .now();
  }

  private static CompletionStage<Reply> query(Call call) {
    int limit = call.query().intOr("limit", 1, 100, 20);
    call.query().finish();
    return Reply.ok(json -> json.number("limit", limit)).now();
  }

  private static CompletionStage<Reply> create(Call call) {
    var body = call.body();
    String name = body.text("name", TextRule.length(1, 10));
    body.finish();
    RequestKey key = call.requestKey();
    return CompletableFuture.supplyAsync(() ->
        Reply.created(json -> json.text("name", name).number("fingerprint", key.fingerprint()))
            .replayed(name.equals("again")));
  }

  private static CompletionStage<Reply> key(Call call) {
    return Reply.ok(json -> json.text("key", call.requestKey().key())).now();
  }

  private static CompletionStage<Reply> optionalBody(Call call) {
    var body = call.optionalBody();
    String name = body.textOrNull("name", ANY);
    body.finish();
    return Reply.ok(json -> json.text("name", name)).now();
  }

  private static CompletionStage<Reply> fail(Call call) {
    return switch (call.path("how")) {
      case "throws" -> throw new IllegalStateException("secret of the house");
      case "asserts" -> throw new AssertionError("secret of the house");
      case "later" ->
          CompletableFuture.supplyAsync(() -> {
            throw new IllegalStateException("secret of the house");
          });
      case "problem" ->
          CompletableFuture.supplyAsync(() -> {
            throw Problem.insufficientCredits(5, 3).asException();
          });
      case "storage" -> CompletableFuture.failedFuture(new StorageGone());
      case "ask" -> CompletableFuture.failedFuture(new TimeoutException("no answer"));
      case "never" -> new CompletableFuture<>();
      default -> throw Problem.notFound("There is no such failure.").asException();
    };
  }

  private static JsonNode json(HttpResponse<String> response) {
    try {
      return JSON.readTree(response.body());
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError("no JSON: " + response.body(), e);
    }
  }

  private static JsonNode problem(HttpResponse<String> response, ProblemType type) {
    JsonNode problem = json(response);
    String requestId = response.headers().firstValue("X-Request-Id").orElseThrow();
    assertThat(problem.path("type").asText()).isEqualTo("/problems/" + type.slug());
    assertThat(problem.path("title").asText()).isEqualTo(type.title());
    assertThat(problem.path("status").asInt()).isEqualTo(type.status());
    assertThat(problem.path("detail").asText()).isNotEmpty();
    assertThat(problem.path("instance").asText()).isEqualTo(requestId);
    assertThat(response.statusCode()).isEqualTo(type.status());
    assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
    return problem;
  }

  @Test
  void an_unknown_address_is_not_found_with_and_without_a_key() {
    problem(server.get("/nothing"), ProblemType.NOT_FOUND);
    problem(server.send(server.request("/nothing")), ProblemType.NOT_FOUND);
    problem(server.get("/caller/"), ProblemType.NOT_FOUND);
    problem(server.get("//caller"), ProblemType.NOT_FOUND);
    problem(server.get("/"), ProblemType.NOT_FOUND);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST    | /caller   | GET, HEAD",
        "GET     | /things   | POST",
        "POST    | /things/1 | DELETE, PATCH, PUT",
        "OPTIONS | /things   | POST",
      })
  void a_method_that_does_not_fit_is_told_which_do(String method, String path, String allowed) {
    var response = server.send(server.request(path).method(method, BodyPublishers.noBody()));
    problem(response, ProblemType.METHOD_NOT_ALLOWED);
    assertThat(response.headers().firstValue("Allow")).contains(allowed);
  }

  @Test
  void head_is_get_without_the_body() {
    var response =
        server.send(
            server
                .request("/caller")
                .header("X-API-Key", LoopbackServer.KEY)
                .method("HEAD", BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEmpty();
    assertThat(response.headers().firstValue("X-Request-Id")).isPresent();
  }

  @Test
  void an_open_endpoint_needs_no_key() {
    assertThat(server.send(server.request("/open")).body()).isEqualTo("{\"open\":true}");
  }

  @Test
  void a_valid_key_makes_a_caller() {
    assertThat(server.get("/caller").body())
        .isEqualTo("{\"tenant\":\"ten_" + "a".repeat(26) + "\"}");
  }

  @Test
  void a_verdict_that_takes_a_while_is_waited_for() {
    var response = server.send(server.request("/caller").header("X-API-Key", SLOW));
    assertThat(response.statusCode()).isEqualTo(200);
  }

  @Test
  void a_missing_a_malformed_and_a_wrong_key_are_answered_alike() {
    HttpRequest.Builder twice =
        server
            .request("/caller")
            .header("X-API-Key", LoopbackServer.KEY)
            .header("X-API-Key", LoopbackServer.KEY);
    for (HttpRequest.Builder request :
        new HttpRequest.Builder[] {
          server.request("/caller"),
          server.request("/caller").header("X-API-Key", "qs_live_nonsense"),
          server.request("/caller").header("X-API-Key", ""),
          server.request("/caller").header("X-API-Key", REVOKED),
          twice,
        }) {
      var response = server.send(request);
      JsonNode problem = problem(response, ProblemType.UNAUTHENTICATED);
      assertThat(problem.path("detail").asText())
          .isEqualTo("Send a valid API key in the X-API-Key header: qs_live_... or qs_test_...");
      assertThat(response.headers().firstValue("WWW-Authenticate")).isPresent();
    }
  }

  @Test
  void a_verdict_that_cannot_be_had_is_no_refusal() {
    var response = server.send(server.request("/caller").header("X-API-Key", BROKEN));
    problem(response, ProblemType.STORAGE_UNAVAILABLE);
    assertThat(response.headers().firstValue("Retry-After")).contains("3");
  }

  @Test
  void the_request_id_is_echoed_on_every_response() {
    for (String path : new String[] {"/open", "/nothing", "/caller", "/fails/throws"}) {
      var response = server.send(server.request(path).header("X-Request-Id", "my-id/1"));
      assertThat(response.headers().allValues("X-Request-Id")).containsExactly("my-id/1");
    }
  }

  @Test
  void a_request_id_is_made_where_there_is_none() {
    String first = server.get("/open").headers().firstValue("X-Request-Id").orElseThrow();
    String second = server.get("/open").headers().firstValue("X-Request-Id").orElseThrow();
    assertThat(first).matches("req_[0-9a-f]{32}").isNotEqualTo(second);
    var replaced = server.send(server.request("/open").header("X-Request-Id", "x".repeat(129)));
    assertThat(replaced.headers().firstValue("X-Request-Id").orElseThrow()).startsWith("req_");
  }

  @ParameterizedTest
  @CsvSource({
    "/names/a/of/b, a, b",
    "/names/a%2Fb/of/c%20d, a/b, c d",
    "/names/%2E%2E/of/., .., .",
    "/names/%C3%A4%F0%9F%98%80/of/a+b, ä😀, a+b",
    "/names/%3F%23%25/of/;=&, ?#%, ;=&",
  })
  void names_in_the_path_may_hold_anything(String target, String name, String kind) {
    assertThat(json(server.get(target)))
        .isEqualTo(JSON.createObjectNode().put("name", name).put("kind", kind).putNull("other"));
  }

  @Test
  void a_name_of_255_characters_of_four_bytes_fits() {
    String name = "😀".repeat(255);
    assertThat(
            json(server.get("/names/" + "%F0%9F%98%80".repeat(255) + "/of/x"))
                .path("name")
                .asText())
        .isEqualTo(name);
  }

  @Test
  void a_path_that_is_no_utf_8_is_refused() {
    problem(server.get("/names/%ff/of/b"), ProblemType.INVALID_REQUEST);
  }

  @Test
  void unknown_query_parameters_are_refused_by_name() {
    JsonNode problem = problem(server.get("/query?limt=5&x=1"), ProblemType.INVALID_REQUEST);
    assertThat(problem.path("errors").findValuesAsText("pointer")).containsExactly("?limt", "?x");
    problem(server.get("/caller?x=1"), ProblemType.INVALID_REQUEST);
    assertThat(server.get("/query?limit=5&properties%5Bmodel%5D=large").body())
        .isEqualTo("{\"limit\":5}");
    assertThat(server.get("/query?").body()).isEqualTo("{\"limit\":20}");
  }

  @Test
  void brackets_in_a_query_need_no_escape() throws Exception {
    try (var connection = new RawConnection(server.port())) {
      connection.write(
          "GET /query?properties[model]=large&limit=3 HTTP/1.1\r\nHost: test\r\nX-API-Key: "
              + LoopbackServer.KEY
              + "\r\n\r\n");
      assertThat(connection.read().body()).isEqualTo("{\"limit\":3}");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST /things", "PATCH /things/1", "DELETE /things/1"})
  void what_changes_something_needs_an_idempotency_key(String line) {
    String[] parts = line.split(" ", -1);
    var response =
        server.send(
            server
                .request(parts[1])
                .header("X-API-Key", LoopbackServer.KEY)
                .method(parts[0], BodyPublishers.noBody()));
    problem(response, ProblemType.IDEMPOTENCY_KEY);
  }

  @Test
  void a_bad_idempotency_key_is_refused() {
    for (String bad : new String[] {"", "x".repeat(256)}) {
      var response =
          server.send(
              server
                  .request("/things/1")
                  .header("X-API-Key", LoopbackServer.KEY)
                  .header("Idempotency-Key", bad)
                  .DELETE());
      problem(response, ProblemType.IDEMPOTENCY_KEY);
    }
    var twice =
        server.send(
            server
                .request("/things/1")
                .header("X-API-Key", LoopbackServer.KEY)
                .header("Idempotency-Key", "a")
                .header("Idempotency-Key", "b")
                .DELETE());
    problem(twice, ProblemType.IDEMPOTENCY_KEY);
  }

  @Test
  void the_idempotency_key_reaches_the_endpoint() {
    var response =
        server.send(
            server
                .request("/things/1")
                .header("X-API-Key", LoopbackServer.KEY)
                .header("Idempotency-Key", "order 17~")
                .DELETE());
    assertThat(response.body()).isEqualTo("{\"key\":\"order 17~\"}");
  }

  @Test
  void what_changes_nothing_or_is_a_put_needs_no_idempotency_key() {
    for (String method : new String[] {"PUT", "POST"}) {
      var response =
          server.send(
              server
                  .request(method.equals("PUT") ? "/things/1" : "/check")
                  .header("X-API-Key", LoopbackServer.KEY)
                  .header("Content-Type", "application/json")
                  .method(method, BodyPublishers.ofString("{\"name\":\"n\"}")));
      assertThat(response.body()).isEqualTo("{\"name\":\"n\"}");
    }
  }

  @Test
  void an_optional_body_may_be_left_out_and_needs_no_content_type_then() {
    var response =
        server.send(
            server
                .request("/check")
                .header("X-API-Key", LoopbackServer.KEY)
                .POST(BodyPublishers.noBody()));
    assertThat(response.body()).isEqualTo("{\"name\":null}");
  }

  @Test
  void the_same_request_has_the_same_fingerprint_and_another_has_not() {
    JsonNode first = json(server.post("/things", "{\"name\":\"a\"}"));
    assertThat(json(server.post("/things", "{\"name\":\"a\"}"))).isEqualTo(first);
    assertThat(json(server.post("/things", "{\"name\": \"a\"}")).path("fingerprint"))
        .isNotEqualTo(first.path("fingerprint"));
  }

  @Test
  void an_answer_given_before_is_marked() {
    var fresh = server.post("/things", "{\"name\":\"new\"}");
    assertThat(fresh.statusCode()).isEqualTo(201);
    assertThat(fresh.headers().map()).doesNotContainKey("x-idempotent-replayed");
    var again = server.post("/things", "{\"name\":\"again\"}");
    assertThat(again.statusCode()).isEqualTo(201);
    assertThat(again.headers().firstValue("X-Idempotent-Replayed")).contains("true");
  }

  @Test
  void a_bad_body_is_refused_with_everything_that_is_wrong() {
    JsonNode problem =
        problem(server.post("/things", "{\"nam\":\"x\"}"), ProblemType.INVALID_REQUEST);
    assertThat(problem.path("errors").findValuesAsText("pointer"))
        .containsExactlyInAnyOrder("/name", "/nam");
    problem(server.post("/things", "{"), ProblemType.MALFORMED_JSON);
    problem(server.post("/things", ""), ProblemType.MALFORMED_JSON);
  }

  @Test
  void a_key_is_asked_for_before_anything_else_is_judged() {
    var response =
        server.send(
            server
                .request("/things?x=1")
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString("hello")));
    problem(response, ProblemType.UNAUTHENTICATED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"throws", "asserts", "later"})
  void a_fault_of_ours_tells_nothing_but_the_request_id(String how) {
    var response = server.get("/fails/" + how);
    problem(response, ProblemType.INTERNAL);
    assertThat(response.body()).doesNotContain("secret", "Exception", "io.quotastack");
    String requestId = response.headers().firstValue("X-Request-Id").orElseThrow();
    assertThat(List.copyOf(logged.list))
        .filteredOn(event -> event.getFormattedMessage().contains(requestId))
        .singleElement()
        .satisfies(event -> {
          assertThat(event.getLevel()).isEqualTo(Level.ERROR);
          assertThat(event.getFormattedMessage()).endsWith("GET /fails/" + how);
          assertThat(event.getThrowableProxy().getMessage()).isEqualTo("secret of the house");
        });
  }

  @Test
  void a_problem_may_come_later() {
    JsonNode problem = problem(server.get("/fails/problem"), ProblemType.INSUFFICIENT_CREDITS);
    assertThat(problem.path("shortfall").asLong()).isEqualTo(2);
  }

  @Test
  void the_engine_s_exceptions_are_answered_as_their_problems() {
    var response = server.get("/fails/storage");
    problem(response, ProblemType.STORAGE_UNAVAILABLE);
    assertThat(response.headers().firstValue("Retry-After")).contains("3");
  }

  @Test
  void an_engine_that_does_not_answer_in_time_leaves_the_outcome_unknown() {
    problem(server.get("/fails/ask"), ProblemType.TIMEOUT);
  }

  @Test
  void an_endpoint_that_never_answers_is_not_waited_for() {
    problem(server.get("/fails/never"), ProblemType.TIMEOUT);
    assertThat(server.get("/open").statusCode()).isEqualTo(200);
  }

  @Test
  void many_requests_at_once_get_each_its_own_answer() {
    Map<String, CompletableFuture<String>> answers = new HashMap<>();
    for (int i = 0; i < 200; i++) {
      String name = "n" + i;
      answers.put(
          name, CompletableFuture.supplyAsync(() -> server.get("/names/" + name + "/of/x").body()));
    }
    answers.forEach((name, answer) -> assertThat(answer.join()).contains("\"" + name + "\""));
  }
}
