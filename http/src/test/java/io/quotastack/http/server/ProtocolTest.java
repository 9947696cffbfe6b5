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

/** What the server makes of requests that are too large, too slow, or no HTTP at all. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class ProtocolTest {
  private static final String POST_HEAD =
      "POST /v1/echo HTTP/1.1\r\nHost: test\r\nX-API-Key: "
          + LoopbackServer.KEY
          + "\r\nIdempotency-Key: k\r\nX-Request-Id: mine\r\nContent-Type: application/json\r\n";

  private LoopbackServer server;

  @BeforeAll
  void start() throws Exception {
    var routes = new Routes();
    routes.post("/v1/echo", call -> {
      var body = call.body();
      boolean a = body.has("a");
      body.finish();
      return Reply.ok(json -> json.bool("a", a)).now();
    });
    server =
        LoopbackServer.start(
            routes,
            key -> CompletableFuture.completedFuture(Optional.of(new Caller(key.tenant()))),
            _ -> null,
            Duration.ofSeconds(1),
            Duration.ofSeconds(10));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void a_chunked_body_within_the_limit_is_read() throws Exception {
    try (var connection = new RawConnection(server.port())) {
      connection.write(POST_HEAD + "Transfer-Encoding: chunked\r\n\r\n");
      connection.write("4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n");
      Response response = connection.read();
      assertThat(response.status()).as(response.toString()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("{\"a\":true}");
    }
  }

  @Test
  void an_endless_chunked_body_is_refused_without_being_read_to_its_end() throws Exception {
    try (var connection = new RawConnection(server.port())) {
      connection.write(POST_HEAD + "Transfer-Encoding: chunked\r\n\r\n");
      int written = connection.writeChunks(1000, 64 * 1024);
      System.out.println("chunks written: " + written);
      Response response = connection.read();
      System.out.println(response);
      assertThat(response.status()).isEqualTo(413);
    }
  }

  @Test
  void a_declared_length() throws Exception {
    try (var connection = new RawConnection(server.port())) {
      connection.write(POST_HEAD + "Content-Length: 3000000\r\n\r\n");
      connection.write(new byte[3_000_000]);
      Response response = connection.read();
      System.out.println(response);
      assertThat(response.status()).isEqualTo(413);
    }
  }

  @Test
  void a_java_client() {
    HttpResponse<String> response = server.send(server.request("/v1/echo").header("X-API-Key", LoopbackServer.KEY).header("Idempotency-Key","k").header("Content-Type", "application/json").POST(BodyPublishers.ofString("x".repeat(2_000_000))));
    System.out.println(response + response.body());
  }
  @Test
  void a_slow_body() throws Exception {
    try (var connection = new RawConnection(server.port())) {
      connection.write(POST_HEAD + "Content-Length: 30\r\n\r\n{");
      Response response = connection.read();
      System.out.println(response);
    }
  }
  @Test
  void garbage() throws Exception {
    for (String s : new String[] {"hello\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a%ffb HTTP/1.1\r\nHost: x\r\n\r\n", "FOO / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /" + "a".repeat(9000) + " HTTP/1.1\r\nHost: x\r\n\r\n","GET / HTTP/1.1\r\nHost: x\r\nX-API-Key: " + "a".repeat(9000) + "\r\n\r\n",
       "GET /../a?x[y]=2 HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET http://foo/v1/x/../y HTTP/1.1\r\nHost: foo\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: foo\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-Re q: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: \u00e9\r\n\r\n", "DELETE /v1/echo HTTP/1.1\r\nHost: x\r\n\r\n","POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json; charset=latin1\r\nX-API-Key: " + LoopbackServer.KEY + "\r\nIdempotency-Key: k\r\nContent-Length: 2\r\n\r\n{}", "POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json; charset=\"utf-8\"\r\nX-API-Key: " + LoopbackServer.KEY + "\r\nIdempotency-Key: k\r\nContent-Length: 2\r\n\r\n{}", "POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: applic\r\nX-API-Key: " + LoopbackServer.KEY + "\r\nIdempotency-Key: k\r\nContent-Length: 2\r\n\r\n{}"}) {
    try (var connection = new RawConnection(server.port())) {
      connection.write(s);
      System.out.println(s.substring(0, Math.min(60, s.length())).replace("\r\n", "|")+" => "+connection.read());
    } catch(java.io.IOException e) { System.out.println(s.substring(0, Math.min(60, s.length())) + e); }
    }
  }
}
