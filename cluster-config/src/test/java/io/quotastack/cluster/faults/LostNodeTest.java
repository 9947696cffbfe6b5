package io.quotastack.cluster.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.Endpoint;
import io.quotastack.cluster.Node;
import io.quotastack.cluster.NodeSettings;
import io.quotastack.cluster.TestNode;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * kill -9 of one of two nodes under load: the other finds out, takes its customers over, and the
 * ledgers hold what either has acknowledged.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class LostNodeTest {
  private static final Logger LOG = LoggerFactory.getLogger(LostNodeTest.class);
  private static final int CLIENTS = 6;

  /** From the death of a node until every customer is served by the other. */
  private static final Duration TAKEOVER_LIMIT = Duration.ofSeconds(60);

  @TempDir private Path folder;

  private final Workload workload = new Workload();
  private final Books books = new Books();

  @Test
  @Tag("slow")
  void when_a_node_dies_the_other_takes_its_customers_over() throws IOException {
    Endpoint[] places = twoPlaces();
    try (EmbeddedDatabase database = EmbeddedDatabase.temporary();
        // Of two halves the one with the lowest address goes on, so that it is the other one that
        // has to die. It is the oldest too, on which what coordinates the cluster lives.
        ServedNode dying = ServedNode.start(database, folder, places[1].port());
        Node surviving = Node.start(settings(database, places));
        var client = new ApiClient(dying.liveKey())) {
      List<URI> both = List.of(dying.uri(), URI.create("http://127.0.0.1:" + surviving.httpPort()));
      workload.open(client, both.getFirst(), books);
      Load.Sender toEither =
          operation -> sent(client, both.get(ThreadLocalRandom.current().nextInt(2)), operation);
      Load.Sender toSurvivor = operation -> sent(client, both.getLast(), operation);
      try (Load load = Load.untilStopped(CLIENTS, workload, books, toEither)) {
        load.awaitAcknowledged(1_000);
        dying.killHard();

        List<Operation> oneForEach =
            workload.customers().stream()
                .map(customer -> workload.usage(customer, ThreadLocalRandom.current()))
                .toList();
        Duration takeover = Load.settle(books, oneForEach, toSurvivor, TAKEOVER_LIMIT);
        load.stop();
        LOG.info("taken over after {} ms; {}", takeover.toMillis(), books);
        assertThat(takeover).isLessThan(TAKEOVER_LIMIT);
      }
      Load.settle(books, toSurvivor, TAKEOVER_LIMIT);
      for (Operation operation : books.sampleOfAnswered(100, new Random())) {
        books.record(operation, toSurvivor.send(operation));
      }
      books.verify(client, both.getLast());
    }
  }

  private static NodeSettings settings(EmbeddedDatabase database, Endpoint[] places) {
    NodeSettings anywhere = TestNode.settings(database);
    return new NodeSettings(
        anywhere.database(), anywhere.http(), anywhere.management(), places[0], List.of(places[1]));
  }

  /** Two free places for the cluster's traffic, the lower address first. */
  private static Endpoint[] twoPlaces() throws IOException {
    try (var one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int lower = Math.min(one.getLocalPort(), other.getLocalPort());
      int higher = Math.max(one.getLocalPort(), other.getLocalPort());
      return new Endpoint[] {new Endpoint("127.0.0.1", lower), new Endpoint("127.0.0.1", higher)};
    }
  }

  private static @Nullable Answer sent(ApiClient client, URI node, Operation operation) {
    try {
      return client.send(node, operation);
    } catch (IOException e) {
      return null;
    }
  }
}
