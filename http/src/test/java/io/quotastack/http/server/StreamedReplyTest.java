package io.quotastack.http.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quotastack.http.authentication.Caller;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A body that is made while it is sent: at the client's pace, and never ended early in silence. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class StreamedReplyTest {
  private static final ByteString PIECE = ByteString.fromString("x".repeat(1 << 16));
  private static final Duration REQUEST_TIMEOUT = Duration.ofMillis(300);

  private final AtomicLong made = new AtomicLong();
  private final AtomicInteger ended = new AtomicInteger();
  private CompletableFuture<ByteString> late = new CompletableFuture<>();
  private LoopbackServer server;

  @BeforeAll
  void start() throws Exception {
    var routes = new Routes();
    routes.get(
        "/three", _ -> streamed(Source.range(1, 3).map(i -> ByteString.fromString(i + "\n"))));
    routes.get("/endless", _ -> streamed(Source.repeat(PIECE).map(this::counted)));
    routes.get("/late", _ -> streamed(Source.lazyCompletionStage(() -> late)));
    routes.get(
        "/broken",
        _ ->
            streamed(
                Source.range(1, 5)
                    .map(i -> {
                      if (i == 4) {
                        throw new IllegalStateException("the database is gone");
                      }
                      return PIECE;
                    })));
    server =
        LoopbackServer.start(
            routes,
            key -> CompletableFuture.completedFuture(Optional.of(new Caller(key.tenant()))),
            _ -> null,
            Duration.ofSeconds(1),
            REQUEST_TIMEOUT);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private CompletableFuture<Reply> streamed(Source<ByteString, ?> pieces) {
    Source<ByteString, NotUsed> watched =
        pieces
            .mapMaterializedValue(_ -> NotUsed.getInstance())
            .watchTermination((notUsed, done) -> {
              done.whenComplete((_, _) -> ended.incrementAndGet());
              return notUsed;
            });
    return CompletableFuture.completedFuture(
        Reply.streamed(ContentTypes.TEXT_PLAIN_UTF8, watched).withHeader("X-Kind", "streamed"));
  }

  private ByteString counted(ByteString piece) {
    made.incrementAndGet();
    return piece;
  }

  private static ConditionFactory inTime() {
    return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(25));
  }

  private RawConnection get(String target) throws IOException {
    var connection = new RawConnection(server.port());
    connection.write(
        "GET "
            + target
            + " HTTP/1.1\r\nHost: test\r\nX-API-Key: "
            + LoopbackServer.KEY
            + "\r\n\r\n");
    return connection;
  }

  @Test
  void pieces_come_in_chunks_and_the_connection_goes_on() {
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> response = server.get("/three");
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("1\n2\n3\n");
      assertThat(response.headers().firstValue("Transfer-Encoding")).contains("chunked");
      assertThat(response.headers().firstValue("Content-Type"))
          .contains("text/plain; charset=UTF-8");
      assertThat(response.headers().firstValue("X-Kind")).contains("streamed");
      assertThat(response.headers().firstValue("X-Request-Id")).isPresent();
    }
  }

  @Test
  void head_is_answered_without_making_the_body() {
    long before = made.get();
    int endedBefore = ended.get();
    HttpResponse<String> response =
        server.send(
            server
                .request("/endless")
                .header("X-API-Key", LoopbackServer.KEY)
                .method("HEAD", BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEmpty();
    inTime().until(() -> ended.get() == endedBefore + 1);
    assertThat(made.get()).isEqualTo(before);
  }

  @Test
  void no_more_is_made_than_the_client_takes_and_nothing_after_it_left() throws Exception {
    int endedBefore = ended.get();
    try (RawConnection connection = get("/endless")) {
      assertThat(connection.skip(1 << 20)).isTrue();
      // What fits between the two is made, and then no more, for as long as nobody reads.
      var stalled = new AtomicLong(-1);
      inTime()
          .pollInterval(Duration.ofMillis(200))
          .until(() -> stalled.getAndSet(made.get()) == made.get());
      assertThat(stalled.get() * PIECE.length()).isLessThan(64 << 20);
      assertThat(ended.get()).isEqualTo(endedBefore);

      assertThat(connection.skip(stalled.intValue() * PIECE.length())).isTrue();
      assertThat(made.get()).isGreaterThan(stalled.get());
    }
    inTime().until(() -> ended.get() == endedBefore + 1);
  }

  @Test
  void a_body_may_take_longer_than_the_answer_may() throws Exception {
    late = new CompletableFuture<>();
    try (RawConnection connection = get("/late")) {
      assertThat(connection.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 200 OK");
      long begun = System.nanoTime();
      inTime().until(() -> System.nanoTime() - begun > REQUEST_TIMEOUT.multipliedBy(2).toNanos());
      late.complete(ByteString.fromString("late"));
      assertThat(connection.readUntil("0\r\n\r\n")).contains("late");
    }
  }

  @Test
  void a_body_that_fails_breaks_the_connection_and_never_ends_like_a_whole_one() throws Exception {
    try (RawConnection connection = get("/broken")) {
      String received = connection.readToEnd();
      assertThat(received)
          .startsWith("HTTP/1.1 200 OK")
          .contains("xxx")
          .doesNotContain("\r\n0\r\n");
    }
    assertThat(server.get("/three").body()).isEqualTo("1\n2\n3\n");
  }
}
