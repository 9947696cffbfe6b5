package io.quotastack.http.server;

import com.typesafe.config.ConfigFactory;
import io.quotastack.http.authentication.Authenticator;
import io.quotastack.http.problems.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.jspecify.annotations.Nullable;

/** A real HTTP server on a free port of the loopback interface, and a client to it. */
public final class LoopbackServer implements AutoCloseable {
  /** A valid key of tenant ten_aaaaaaaaaaaaaaaaaaaaaaaaaa. */
  public static final String KEY = "qs_test_" + "a".repeat(26) + '_' + "b".repeat(52);

  private static final long PATIENCE_SECONDS = 30;

  private final ActorSystem<Void> system;
  private final ServerBinding binding;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private LoopbackServer(ActorSystem<Void> system, ServerBinding binding) {
    this.system = system;
    this.binding = binding;
  }

  /** Serves these routes to everyone whom the authenticator knows. */
  public static LoopbackServer start(
      Routes routes,
      Authenticator authenticator,
      Function<Throwable, @Nullable Problem> problems,
      Duration bodyTimeout,
      Duration requestTimeout)
      throws Exception {
    ActorSystem<Void> system =
        ActorSystem.create(
            Behaviors.empty(),
            "http-test",
            ConfigFactory.parseString(
                    "pekko { loggers = [\"org.apache.pekko.event.slf4j.Slf4jLogger\"],"
                        + " logging-filter = \"org.apache.pekko.event.slf4j.Slf4jLoggingFilter\","
                        + " jvm-shutdown-hooks = off }")
                .withFallback(ConfigFactory.load()));
    var settings = new ApiSettings(bodyTimeout, requestTimeout, InstantSource.system());
    var api = new Api(system, routes, authenticator, problems, settings);
    ServerBinding binding =
        Http.get(system)
            .newServerAt("127.0.0.1", 0)
            .withSettings(ServerProtocol.settings(system))
            .bindFlow(api.connection())
            .toCompletableFuture()
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return new LoopbackServer(system, binding);
  }

  /** The port that it listens on. */
  public int port() {
    return binding.localAddress().getPort();
  }

  /** A request to that path and query. */
  public HttpRequest.Builder request(String target) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + target))
        .timeout(Duration.ofSeconds(PATIENCE_SECONDS));
  }

  /** Sends a request and waits for its response. */
  public HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Gets that path and query with a valid API key. */
  public HttpResponse<String> get(String target) {
    return send(request(target).header("X-API-Key", KEY));
  }

  /** Posts JSON with a valid API key and an idempotency key. */
  public HttpResponse<String> post(String target, String json) {
    return send(
        request(target)
            .header("X-API-Key", KEY)
            .header("Idempotency-Key", "key-1")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  @Override
  public void close() {
    client.close();
    system.terminate();
    system
        .getWhenTerminated()
        .toCompletableFuture()
        .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .join();
  }
}
