package io.quotastack.http.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.http.authentication.Caller;
import io.quotastack.http.server.RawConnection.Response;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the server makes of bodies in pieces, too large, too slow, and of what is no HTTP at all.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class ProtocolTest {
  private static final int LIMIT = 1 << 20;
  private static final String POST_HEAD =
      "POST /v1/echo HTTP/1.1\r\nHost: test\r\nX-API-Key: "
          + LoopbackServer.KEY
          + "\r\nIdempotency-Key: k\r\nX-Request-Id: mine\r\n";
  private static final String JSON = "Content-Type: application/json\r\n";
  private static final String CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

  private LoopbackServer server;

  @BeforeAll
  void start() throws Exception {
    var routes = new Routes();
    routes.post(
        "/v1/echo",
        call -> {
          var body = call.body();
          long a = body.whole("a", 0, 9);
          body.finish();
          return Reply.ok(json -> json.number("a", a)).now();
        });
    routes.get("/v1/plain", _ -> Reply.ok(json -> json.bool("plain", true)).now());
    server =
        LoopbackServer.start(
            routes,
            key -> CompletableFuture.completedFuture(Optional.of(new Caller(key.tenant()))),
            _ -> null,
            Duration.ofSeconds(1),
            Duration.ofSeconds(20));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private RawConnection connect() throws Exception {
    return new RawConnection(server.port());
  }

  @Test
  void a_body_in_chunks_is_read_and_the_connection_goes_on() throws Exception {
    try (var connection = connect()) {
      for (int i = 0; i < 3; i++) {
        connection.write(POST_HEAD + JSON + CHUNKED);
        connection.write("4\r\n{\"a\"\r\n3\r\n:" + i + "}\r\n0\r\n\r\n");
        Response response = connection.read();
        assertThat(response.status()).as(response.toString()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("{\"a\":" + i + "}");
        assertThat(response.header("X-Request-Id")).contains("mine");
      }
    }
  }

  @Test
  void a_body_in_pieces_is_read() throws Exception {
    try (var connection = connect()) {
      connection.write(POST_HEAD + JSON + "Content-Length: 7\r\n\r\n{\"a");
      connection.write("\":5}");
      assertThat(connection.read().body()).isEqualTo("{\"a\":5}");
    }
  }

  @Test
  void a_body_of_exactly_the_limit_is_read() {
    String json = "{\"a\":7" + " ".repeat(LIMIT - 7) + "}";
    assertThat(server.post("/v1/echo", json).body()).isEqualTo("{\"a\":7}");
  }

  @Test
  void a_body_one_byte_above_the_limit_is_refused() {
    HttpResponse<String> response =
        server.post("/v1/echo", "{\"a\":7" + " ".repeat(LIMIT - 6) + "}");
    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(response.body()).contains("/problems/body_too_large", "1048576 bytes");
    assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
  }

  @Test
  void a_declared_length_above_the_limit_is_refused_before_a_byte_of_the_body_has_come()
      throws Exception {
    try (var connection = connect()) {
      connection.write(POST_HEAD + JSON + "Content-Length: 1048577\r\n\r\n");
      Response response = connection.read();
      assertThat(response.status()).isEqualTo(413);
      assertThat(response.header("X-Request-Id")).contains("mine");
    }
  }

  @Test
  void a_client_that_waits_for_100_continue_is_refused_instead() throws Exception {
    try (var connection = connect()) {
      connection.write(
          POST_HEAD + JSON + "Expect: 100-continue\r\nContent-Length: 9000000\r\n\r\n");
      assertThat(connection.read().status()).isEqualTo(413);
    }
  }

  @Test
  void a_client_that_waits_for_100_continue_gets_it() throws Exception {
    try (var connection = connect()) {
      connection.write(POST_HEAD + JSON + "Expect: 100-continue\r\nContent-Length: 7\r\n\r\n");
      assertThat(connection.read().status()).isEqualTo(100);
      connection.write("{\"a\":3}");
      assertThat(connection.read().body()).isEqualTo("{\"a\":3}");
    }
  }

  @Test
  void chunks_above_the_limit_are_refused_with_an_answer_that_a_busy_client_still_reads()
      throws Exception {
    try (var connection = connect()) {
      connection.write(POST_HEAD + JSON + CHUNKED);
      assertThat(connection.writeChunks(30, 64 * 1024)).isEqualTo(30);
      connection.write("0\r\n\r\n");
      Response response = connection.read();
      assertThat(response.status()).isEqualTo(413);
      assertThat(response.body()).contains("/problems/body_too_large");
    }
  }

  @Test
  void endless_chunks_are_not_read_to_their_end() throws Exception {
    int offered = 1000; // 64 MB, far beyond what sockets buffer
    try (var connection = connect()) {
      connection.write(POST_HEAD + JSON + CHUNKED);
      assertThat(connection.writeChunks(offered, 64 * 1024)).isLessThan(offered);
    }
    assertThat(server.get("/v1/plain").statusCode()).isEqualTo(200);
  }

  @Test
  void a_body_that_does_not_come_is_not_waited_for() throws Exception {
    try (var connection = connect()) {
      connection.write(POST_HEAD + JSON + "Content-Length: 30\r\n\r\n{");
      Response response = connection.read();
      assertThat(response.status()).isEqualTo(400);
      assertThat(response.body()).contains("/problems/invalid_request", "in time");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/xml\r\n",
        "Content-Type: application/problem+json\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: application/json; charset=iso-8859-1\r\n",
        "Content-Type: nonsense\r\n",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
      })
  void a_body_that_is_not_declared_as_json_is_refused(String headers) throws Exception {
    for (String length : new String[] {"Content-Length: 7\r\n\r\n{\"a\":1}", CHUNKED}) {
      try (var connection = connect()) {
        connection.write(POST_HEAD + headers + length);
        Response response = connection.read();
        assertThat(response.status()).isEqualTo(415);
        assertThat(response.body()).contains("/problems/unsupported_media_type");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "Application/JSON",
        "application/json\r\nContent-Encoding: identity",
      })
  void a_body_that_is_declared_as_json_in_utf_8_is_read(String type) throws Exception {
    try (var connection = connect()) {
      connection.write(
          POST_HEAD + "Content-Type: " + type + "\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
      assertThat(connection.read().body()).isEqualTo("{\"a\":1}");
    }
  }

  @Test
  void the_body_of_a_get_is_ignored() throws Exception {
    try (var connection = connect()) {
      connection.write(
          "GET /v1/plain HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\nX-API-Key: "
              + LoopbackServer.KEY
              + "\r\nContent-Length: 5\r\n\r\nhello");
      assertThat(connection.read().body()).isEqualTo("{\"plain\":true}");
    }
  }

  @Test
  void a_request_that_is_refused_before_its_large_body_is_read_gets_its_answer() {
    HttpResponse<String> response =
        server.send(
            server
                .request("/v1/nothing")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(" ".repeat(900_000))));
    assertThat(response.statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource({
    "400, GET /%zz HTTP/1.1",
    "400, GET /v1/plain HTTP/1.1|X Y: no name",
    "501, BREW /pot HTTP/1.1",
    "505, GET / HTTP/3.0",
  })
  void what_is_no_http_is_answered_as_a_problem_too(int status, String head) throws Exception {
    try (var connection = connect()) {
      connection.write(head.replace("|", "\r\n") + "\r\nHost: test\r\n\r\n");
      assertNotHttp(connection.read(), status);
      assertThat(connection.isAtEnd()).isTrue();
    }
  }

  @Test
  void a_target_that_is_too_long_is_answered_as_a_problem_too() throws Exception {
    try (var connection = connect()) {
      connection.write("GET /" + "a".repeat(9000) + " HTTP/1.1\r\nHost: test\r\n\r\n");
      assertNotHttp(connection.read(), 414);
    }
  }

  @Test
  void a_header_that_is_too_long_is_answered_as_a_problem_too() throws Exception {
    try (var connection = connect()) {
      connection.write("GET / HTTP/1.1\r\nHost: test\r\nX-API-Key: " + "a".repeat(9000));
      assertNotHttp(connection.read(), 431);
    }
  }

  private static void assertNotHttp(Response response, int status) {
    assertThat(response.status()).as(response.toString()).isEqualTo(status);
    assertThat(response.header("Content-Type")).contains("application/problem+json");
    assertThat(response.header("X-Request-Id"))
        .hasValueSatisfying(id -> assertThat(id).startsWith("req_"));
    assertThat(response.body()).contains("\"about:blank\"", "\"status\":" + status);
  }

  @Test
  void the_server_does_not_tell_what_it_is_made_of() {
    assertThat(server.get("/v1/plain").headers().firstValue("Server")).isEmpty();
  }
}
