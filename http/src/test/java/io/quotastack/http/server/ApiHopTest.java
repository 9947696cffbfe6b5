package io.quotastack.http.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.http.authentication.Caller;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A request whose answer is at hand is answered in the thread that brought it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApiHopTest {
  private final ActorTestKit kit = ActorTestKit.create();

  @AfterAll
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void an_answer_at_hand_is_given_at_once() {
    var routes = new Routes();
    var threads = new ArrayList<Thread>();
    routes.post(
        "/v1/usage",
        call -> {
          threads.add(Thread.currentThread());
          call.body().finish();
          return Reply.created(json -> json.bool("done", true)).now();
        });
    var api =
        new Api(
            kit.system(),
            routes,
            key -> CompletableFuture.completedFuture(Optional.of(new Caller(key.tenant()))),
            _ -> null,
            ApiSettings.defaults(InstantSource.system()));
    HttpRequest request =
        HttpRequest.POST("/v1/usage")
            .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, "{}"))
            .withHeaders(
                List.of(
                    RawHeader.create("X-API-Key", LoopbackServer.KEY),
                    RawHeader.create("Idempotency-Key", "k")));
    CompletableFuture<Api.Answer> answer = api.handle(request).toCompletableFuture();
    assertThat(answer).isCompleted();
    assertThat(answer.join().reply().status()).isEqualTo(201);
    assertThat(threads).containsExactly(Thread.currentThread());
  }
}
