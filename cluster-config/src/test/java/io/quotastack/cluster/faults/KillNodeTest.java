package io.quotastack.cluster.faults;

import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * kill -9 of the node under load: what was acknowledged is there exactly once, and what was not is
 * there exactly once after a retry with its key.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class KillNodeTest {
  private static final Logger LOG = LoggerFactory.getLogger(KillNodeTest.class);
  private static final int CLIENTS = 8;
  private static final int REPLAYS_PER_ROUND = 50;
  private static final Duration SETTLE_LIMIT = Duration.ofSeconds(60);

  @TempDir private Path folder;

  private final Random random = new Random();
  private final Workload workload = new Workload();
  private final Books books = new Books();

  @Test
  void nothing_acknowledged_is_lost_or_doubled_by_kill_9_of_the_node() throws IOException {
    rounds(1);
  }

  @Test
  @Tag("slow")
  void nothing_acknowledged_is_lost_or_doubled_by_twenty_times_kill_9_of_the_node()
      throws IOException {
    rounds(20);
  }

  private void rounds(int rounds) throws IOException {
    try (EmbeddedDatabase database = EmbeddedDatabase.temporary()) {
      ServedNode node = ServedNode.start(database, folder);
      try (var client = new ApiClient(node.liveKey())) {
        workload.open(client, node.uri(), books);
        for (int round = 1; round <= rounds; round++) {
          killUnderLoad(node);
          node = ServedNode.start(database, folder);
          retryAndVerify(client, node.uri());
          LOG.info("round {}: {}", round, books);
        }
        books.verifyFromTheStart(client, node.uri());
      } finally {
        node.close();
      }
    }
  }

  private void killUnderLoad(ServedNode node) {
    // A client of its own: its connections die with the node.
    try (var client = new ApiClient(node.liveKey());
        Load load = Load.untilSilence(CLIENTS, workload, books, sendingTo(client, node.uri()))) {
      load.awaitAcknowledged(500 + random.nextInt(1_000));
      node.killHard();
      load.join();
    }
  }

  private void retryAndVerify(ApiClient client, URI uri) throws IOException {
    Load.Sender sender = sendingTo(client, uri);
    Load.settle(books, sender, SETTLE_LIMIT);
    for (Operation operation : books.sampleOfAnswered(REPLAYS_PER_ROUND, random)) {
      books.record(operation, sender.send(operation));
    }
    books.verify(client, uri);
  }

  private static Load.Sender sendingTo(ApiClient client, URI uri) {
    return operation -> {
      try {
        return client.send(uri, operation);
      } catch (IOException e) {
        return null;
      }
    };
  }
}
