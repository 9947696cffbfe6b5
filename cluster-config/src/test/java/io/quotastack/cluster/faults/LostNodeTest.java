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
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
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
@Tag("slow")
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
  void when_a_node_dies_the_other_takes_its_customers_over_until_it_is_back() throws IOException {
    // Of two halves the one with the lowest address goes on, so that it is the other one that has
    // to
    // die. It is the oldest too, on which what coordinates the cluster lives.
    List<Endpoint> places = twoPlaces();
    Endpoint survivorsPlace = places.getFirst();
    Endpoint victimsPlace = places.getLast();
    List<Endpoint> seeds = places.reversed();
    try (EmbeddedDatabase database = EmbeddedDatabase.temporary();
        ServedNode dying = ServedNode.start(database, folder, victimsPlace, seeds);
        Node surviving = Node.start(settings(database, survivorsPlace, seeds));
        var client = new ApiClient(dying.liveKey())) {
      URI survivor = URI.create("http://127.0.0.1:" + surviving.httpPort());
      workload.open(client, dying.uri(), books);
      dieUnderLoad(dying, client, survivor);
      verify(client, survivor);

      // The same command again, as a supervisor does it: joins, and founds no cluster of its own.
      try (ServedNode back = ServedNode.start(database, folder, victimsPlace, seeds)) {
        assertThat(Cluster.get(surviving.system()).state().getMembers())
            .extracting(Member::status)
            .containsExactly(MemberStatus.up(), MemberStatus.up());
        Load.Sender toEither = sendingToAnyOf(client, back.uri(), survivor);
        try (Load load = Load.untilStopped(CLIENTS, workload, books, toEither)) {
          load.awaitAcknowledged(500);
          load.stop();
        }
        Load.settle(books, toEither, TAKEOVER_LIMIT);
        verify(client, back.uri());
        verify(client, survivor);
      }
    }
  }

  private void dieUnderLoad(ServedNode dying, ApiClient client, URI survivor) {
    Load.Sender toEither = sendingToAnyOf(client, dying.uri(), survivor);
    Load.Sender toSurvivor = sendingToAnyOf(client, survivor);
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
  }

  private void verify(ApiClient client, URI node) throws IOException {
    for (Operation operation : books.sampleOfAnswered(50, new Random())) {
      books.record(operation, client.send(node, operation));
    }
    books.verifyFromTheStart(client, node);
  }

  private static NodeSettings settings(
      EmbeddedDatabase database, Endpoint place, List<Endpoint> seeds) {
    NodeSettings anywhere = TestNode.settings(database);
    return new NodeSettings(
        anywhere.database(), anywhere.http(), anywhere.management(), place, seeds);
  }

  /** Two free places for the cluster's traffic, the lower address first. */
  private static List<Endpoint> twoPlaces() throws IOException {
    try (var one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return Stream.of(one, other)
          .map(socket -> new Endpoint("127.0.0.1", socket.getLocalPort()))
          .sorted(Comparator.comparingInt(Endpoint::port))
          .toList();
    }
  }

  private static Load.Sender sendingToAnyOf(ApiClient client, URI... nodes) {
    return operation -> {
      try {
        return client.send(nodes[ThreadLocalRandom.current().nextInt(nodes.length)], operation);
      } catch (IOException e) {
        return null;
      }
    };
  }
}
