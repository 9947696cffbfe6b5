package io.quotastack.cluster.faults;

import static java.util.Objects.requireNonNull;

import io.quotastack.cluster.TestNode;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nodes are replaced one after the other under load, as an update does it: no request fails that is
 * retried once, nothing is lost or doubled.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class StopNodeTest {
  private static final Logger LOG = LoggerFactory.getLogger(StopNodeTest.class);
  private static final int CLIENTS = 6;
  private static final int CHANGES_BETWEEN = 400;

  private final Workload workload = new Workload();
  private final Books books = new Books();
  private final AtomicInteger retried = new AtomicInteger();

  /** How often a connection ended while an answer was awaited on it. */
  private final AtomicInteger cutOff = new AtomicInteger();

  /** All nodes that there ever were: clients do not know which are gone. */
  private final List<URI> nodes = new CopyOnWriteArrayList<>();

  /** The one that retries go to: it stays. */
  private volatile @Nullable URI staying;

  @Test
  void no_request_fails_twice_while_every_node_is_replaced() throws IOException {
    try (EmbeddedDatabase database = EmbeddedDatabase.temporary();
        TestNode first = TestNode.start(database);
        TestNode second = first.startAnother();
        var client = new ApiClient(first.liveKey())) {
      workload.open(client, first.baseUri(), books);
      nodes.add(first.baseUri());
      nodes.add(second.baseUri());
      staying = second.baseUri();
      try (Load load = Load.untilStopped(CLIENTS, workload, books, retryingOnce(client))) {
        load.awaitAcknowledged(CHANGES_BETWEEN);
        // The oldest node, on which what coordinates the others lives.
        first.node().stop();
        load.awaitAcknowledged(CHANGES_BETWEEN);
        nodes.remove(first.baseUri());
        LOG.info("one node: {} retried, {} of them cut off; {}", retried, cutOff, books);

        try (TestNode third = second.startAnother()) {
          nodes.add(third.baseUri());
          load.awaitAcknowledged(CHANGES_BETWEEN);
          LOG.info("two nodes: {} retried, {} of them cut off; {}", retried, cutOff, books);
          staying = third.baseUri();
          second.node().stop();
          load.awaitAcknowledged(CHANGES_BETWEEN);
          load.stop();
          LOG.info("another node: {} retried, {} of them cut off; {}", retried, cutOff, books);

          for (Operation operation : books.sampleOfAnswered(100, new Random())) {
            books.record(operation, client.send(third.baseUri(), operation));
          }
          books.verify(client, third.baseUri());
        }
      }
    }
  }

  /** A request that fails is sent once more, to a node that stays, and must not fail again. */
  private Load.Sender retryingOnce(ApiClient client) {
    return operation -> {
      URI any = nodes.get(ThreadLocalRandom.current().nextInt(nodes.size()));
      Answer answer = sent(client, any, operation);
      if (answer != null && !isOpen(operation, answer)) {
        return answer;
      }
      books.record(operation, answer);
      retried.incrementAndGet();
      // Looked up only now: by the time of a 504 it may be another.
      Answer again = sent(client, requireNonNull(staying), operation);
      if (again == null || isOpen(operation, again)) {
        books.fault("failed twice: " + operation + ": " + answer + " and " + again);
      }
      return again;
    };
  }

  private static boolean isOpen(Operation operation, Answer answer) {
    return answer.isOpen() || (operation.isBatch() && answer.body().contains("\"status\":50"));
  }

  private @Nullable Answer sent(ApiClient client, URI node, Operation operation) {
    try {
      return client.send(node, operation);
    } catch (ConnectException e) {
      return null;
    } catch (IOException e) {
      cutOff.incrementAndGet();
      return null;
    }
  }
}
