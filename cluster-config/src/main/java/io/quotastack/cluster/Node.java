package io.quotastack.cluster;

import com.typesafe.config.Config;
import io.quotastack.cluster.alarms.JdbcAlarms;
import io.quotastack.cluster.persistence.JdbcJournalReader;
import io.quotastack.cluster.persistence.Migrations;
import io.quotastack.engine.Engine;
import io.quotastack.http.HttpApi;
import io.quotastack.http.server.ServerProtocol;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.management.javadsl.PekkoManagement;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running node: an actor system that is a member of the cluster, the engine on it, the HTTP API
 * and the management port. Several may run in one JVM.
 */
public final class Node implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);
  private static final String SYSTEM_NAME = "quotastack";
  private static final Duration BIND_LIMIT = Duration.ofSeconds(20);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(90);

  private static final class Stopping implements CoordinatedShutdown.Reason {}

  private final ActorSystem<Void> system;
  private final Engine engine;
  private final int httpPort;
  private final int managementPort;

  private Node(ActorSystem<Void> system, Engine engine, int httpPort, int managementPort) {
    this.system = system;
    this.engine = engine;
    this.httpPort = httpPort;
    this.managementPort = managementPort;
  }

  /**
   * Brings the database's schema up to date, joins the cluster and opens the ports. When it returns
   * the node serves requests; when it throws, nothing of it is left running.
   *
   * @throws StartException if the database, the cluster or a port cannot be had
   */
  public static Node start(NodeSettings settings) {
    migrate(settings);
    Config config = settings.toConfig();
    ActorSystem<Void> system = createSystem(settings, config);
    try {
      JdbcAlarms alarms = openAlarms(system, config);
      Engine engine = Engine.start(system, new JdbcJournalReader(system), alarms);
      int managementPort = openManagement(system, settings.management());
      join(system, settings.seedNodes(), config);
      startRinging(system, alarms, engine);
      int httpPort = openHttp(system, engine, settings.http(), config);
      var node = new Node(system, engine, httpPort, managementPort);
      LOG.info("{} is up, HTTP on port {}", Cluster.get(system).selfAddress(), httpPort);
      return node;
    } catch (RuntimeException | Error e) {
      terminate(system);
      throw e;
    }
  }

  /** The port on which the API answers. */
  public int httpPort() {
    return httpPort;
  }

  /** The port on which health checks answer. */
  public int managementPort() {
    return managementPort;
  }

  /** Where other nodes reach this one. */
  public Endpoint clusterEndpoint() {
    Address address = Cluster.get(system).selfAddress();
    return new Endpoint(address.getHost().orElseThrow(), address.getPort().orElseThrow());
  }

  /** Its actor system. */
  public ActorSystem<?> system() {
    return system;
  }

  /** Its engine. */
  public Engine engine() {
    return engine;
  }

  /** Completes when the node has ended, also when it did so by itself (it was downed). */
  public CompletionStage<Void> ended() {
    return system.getWhenTerminated().thenAccept(done -> {});
  }

  /**
   * Leaves in good order: takes no new connections, finishes requests under way, hands its actors
   * over to the other nodes, leaves the cluster. Returns when all of that is done.
   */
  public void stop() {
    terminate(system);
  }

  /** The same as {@link #stop()}. */
  @Override
  public void close() {
    stop();
  }

  private static void migrate(NodeSettings settings) {
    try {
      Migrations.apply(settings.database());
    } catch (SQLException | FlywayException e) {
      throw new StartException(
          "the database "
              + settings.database().address()
              + " cannot be used: "
              + String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", "; "),
          e);
    }
  }

  private static ActorSystem<Void> createSystem(NodeSettings settings, Config config) {
    try {
      return ActorSystem.create(Behaviors.empty(), SYSTEM_NAME, config);
    } catch (RuntimeException e) {
      if (isBindFailure(e)) {
        throw portInUse("cluster", settings.cluster(), e);
      }
      throw e;
    }
  }

  private static JdbcAlarms openAlarms(ActorSystem<?> system, Config config) {
    var alarms = new JdbcAlarms(config, Cluster.get(system).selfAddress().hostPort());
    system.classicSystem().registerOnTermination(alarms::close);
    return alarms;
  }

  /** From now until requests are done: customers that are being handed over are not rung. */
  private static void startRinging(ActorSystem<?> system, JdbcAlarms alarms, Engine engine) {
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseServiceStop(),
            "stop-ringing",
            () ->
                CompletableFuture.supplyAsync(
                    () -> {
                      alarms.stopRinging();
                      return Done.done();
                    },
                    stop -> Thread.ofPlatform().name("stop-ringing").daemon().start(stop)));
    alarms.start(engine::ring);
  }

  private static int openManagement(ActorSystem<?> system, Endpoint endpoint) {
    return await(PekkoManagement.get(system.classicSystem()).start(), "management", endpoint)
        .getPort();
  }

  private static int openHttp(
      ActorSystem<?> system, Engine engine, Endpoint endpoint, Config config) {
    ServerBinding binding =
        await(
            Http.get(system)
                .newServerAt(endpoint.host(), endpoint.port())
                .withSettings(ServerProtocol.settings(system))
                .bindFlow(HttpApi.connection(system, engine)),
            "HTTP",
            endpoint);
    binding.addToCoordinatedShutdown(config.getDuration("quotastack.http.shutdown-grace"), system);
    InetSocketAddress address = binding.localAddress();
    return address.getPort();
  }

  private static <T> T await(CompletionStage<T> opening, String what, Endpoint endpoint) {
    try {
      return opening.toCompletableFuture().get(BIND_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw isBindFailure(e)
          ? portInUse(what, endpoint, e)
          : new StartException("cannot open the " + what + " port " + endpoint + ": " + e, e);
    } catch (TimeoutException e) {
      throw new StartException("the " + what + " port " + endpoint + " does not open", e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static StartException portInUse(String what, Endpoint endpoint, Throwable cause) {
    return new StartException(
        "the " + what + " port " + endpoint + " is in use or not ours to open", cause);
  }

  private static boolean isBindFailure(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        return true;
      }
    }
    return false;
  }

  private static void join(ActorSystem<?> system, List<Endpoint> seeds, Config config) {
    Cluster cluster = Cluster.get(system);
    var up = new CountDownLatch(1);
    cluster.registerOnMemberUp(up::countDown);
    if (seeds.isEmpty()) {
      cluster.join(cluster.selfAddress());
    } else {
      cluster.joinSeedNodes(
          seeds.stream()
              .map(seed -> new Address("pekko", SYSTEM_NAME, seed.host(), seed.port()))
              .toList());
    }
    Duration limit = config.getDuration("quotastack.cluster.join-timeout");
    try {
      if (!up.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new StartException("did not become a member of the cluster of " + seeds);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static void terminate(ActorSystem<?> system) {
    try {
      CoordinatedShutdown.get(system)
          .runAll(new Stopping())
          .thenCombine(system.getWhenTerminated(), (first, second) -> second)
          .toCompletableFuture()
          .get(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the node did not stop in good order", e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static StartException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new StartException("interrupted", cause);
  }
}
