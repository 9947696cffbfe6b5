package io.quotastack.bench.bare;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.PathMatchers;

/**
 * The main class of the bare route's process: the node's HTTP server and settings with one route
 * that answers a constant.
 *
 * <p>What an entitlement check reaches in comparison is what QuotaStack itself costs: the key, the
 * route tree, the way to the actor and back, the answer's JSON.
 */
public final class BareServer {
  private BareServer() {}

  /** Binds to a free port of 127.0.0.1, prints it, and ends when its input ends. */
  public static void main(String[] args)
      throws IOException, ExecutionException, InterruptedException {
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    // Standard output carries the port only: whatever logs goes to standard error.
    System.setOut(System.err);
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "bare", settings());
    HttpEntity.Strict answer = HttpEntities.create(ContentTypes.APPLICATION_JSON, BareAnswer.BODY);
    ServerBinding binding =
        Http.get(system)
            .newServerAt("127.0.0.1", 0)
            .bind(
                Directives.path(
                    PathMatchers.separateOnSlashes(BareAnswer.PATH.substring(1)),
                    () -> Directives.get(() -> Directives.complete(answer))))
            .toCompletableFuture()
            .get();
    out.println(binding.localAddress().getPort());
    while (System.in.read() >= 0) {
      // Nothing is said to this process; it waits for the end of its input.
    }
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get();
  }

  /** The node's own settings, on one actor system that is no member of a cluster. */
  private static Config settings() {
    return ConfigFactory.parseString("pekko.actor.provider = local")
        .withFallback(ConfigFactory.load());
  }
}
