package io.quotastack.cluster.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.TestNode;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * kill -9 of PostgreSQL under load, while the node lives on: requests are answered that the storage
 * is away, the node recovers by itself once it is back, and the ledgers hold what was acknowledged,
 * exactly once, and what was not, exactly once after a retry with its key.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class KillPostgresTest {
  private static final Logger LOG = LoggerFactory.getLogger(KillPostgresTest.class);
  private static final int CLIENTS = 8;
  private static final int REPLAYS_PER_ROUND = 50;

  /** From when PostgreSQL takes connections again until every customer is served again. */
  private static final Duration RECOVERY_LIMIT = Duration.ofSeconds(20);

  /** Every request is answered within that, whatever happens: the node's own limit is 25 s. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

  /** How PostgreSQL goes away and comes back. */
  private record Outage(Consumer<EmbeddedDatabase> begin, Consumer<EmbeddedDatabase> end) {}

  private static final Outage KILLED =
      new Outage(EmbeddedDatabase::killHard, EmbeddedDatabase::restart);

  /** All its processes stand still: connections stay open, and what was sent is done later. */
  private static final Outage FROZEN =
      new Outage(database -> signal(database, "STOP"), database -> signal(database, "CONT"));

  private final Random random = new Random();
  private final Workload workload = new Workload();
  private final Books books = new Books();

  @Test
  void nothing_acknowledged_is_lost_or_doubled_by_kill_9_of_postgresql() throws IOException {
    rounds(1, KILLED);
  }

  @Test
  @Tag("slow")
  void nothing_acknowledged_is_lost_or_doubled_by_twenty_times_kill_9_of_postgresql()
      throws IOException {
    rounds(20, KILLED);
  }

  @Test
  @Tag("slow")
  void nothing_acknowledged_is_lost_or_doubled_by_a_postgresql_that_hangs_for_a_while()
      throws IOException {
    rounds(3, FROZEN);
  }

  @Test
  void reads_of_the_journal_are_refused_soon_while_postgresql_is_away() throws IOException {
    try (EmbeddedDatabase database = EmbeddedDatabase.temporary();
        TestNode node = TestNode.start(database);
        var client = new ApiClient(node.liveKey())) {
      workload.open(client, node.baseUri(), books);
      Operation usage = workload.usage(Workload.HOT, ThreadLocalRandom.current());
      String entry =
          "/v1/ledger/"
              + client.send(node.baseUri(), usage).json().required("ledger_entry_id").textValue();
      assertThat(client.get(node.baseUri(), entry).status()).isEqualTo(200);

      database.killHard();
      // Many more than there are connections.
      var answers = new ConcurrentLinkedQueue<Answer>();
      try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < 60; i++) {
          readers.execute(() -> answers.add(read(client, node.baseUri(), entry)));
        }
      }
      assertThat(answers)
          .hasSize(60)
          .allSatisfy(answer -> {
            assertThat(answer.status()).as("%s", answer).isEqualTo(503);
            assertThat(answer.retryAfter()).isEqualTo("1");
            assertThat(answer.took()).isLessThan(Duration.ofSeconds(15));
          });

      database.restart();
      Awaitility.await("reads are served again")
          .atMost(RECOVERY_LIMIT)
          .until(() -> client.get(node.baseUri(), entry).status() == 200);
    }
  }

  private static Answer read(ApiClient client, URI node, String path) {
    try {
      return client.get(node, path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void rounds(int rounds, Outage outage) throws IOException {
    try (EmbeddedDatabase database = EmbeddedDatabase.temporary();
        TestNode node = TestNode.start(database);
        var client = new ApiClient(node.liveKey())) {
      workload.open(client, node.baseUri(), books);
      for (int round = 1; round <= rounds; round++) {
        Duration recovery = outageUnderLoad(node, client, outage);
        retryAndVerify(client, node.baseUri());
        LOG.info("round {}: served again after {} ms; {}", round, recovery.toMillis(), books);
        assertThat(recovery).isLessThan(RECOVERY_LIMIT);
        assertThat(books.slowest()).isLessThan(ANSWER_LIMIT);
      }
      books.verifyFromTheStart(client, node.baseUri());
    }
  }

  /** Returns how long it took until every customer was served again. */
  private Duration outageUnderLoad(TestNode node, ApiClient client, Outage outage) {
    Load.Sender sender = sendingTo(client, node.baseUri());
    try (Load load = Load.untilStopped(CLIENTS, workload, books, sender)) {
      load.awaitAcknowledged(500 + random.nextInt(1_000));
      outage.begin().accept(node.database());
      try {
        Awaitility.await("the clients notice, and so does the health check")
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(20))
            .until(() -> books.open().size() >= CLIENTS && !isReady(client, node));
      } finally {
        outage.end().accept(node.database());
      }
      List<Operation> oneForEach =
          workload.customers().stream()
              .map(customer -> workload.usage(customer, ThreadLocalRandom.current()))
              .toList();
      Duration recovery = Load.settle(books, oneForEach, sender, Duration.ofMinutes(1));
      load.stop();
      return recovery;
    }
  }

  private static void signal(EmbeddedDatabase database, String name) {
    ProcessHandle postmaster =
        ProcessHandle.allProcesses()
            .filter(process -> servesPort(process, database.port()))
            .findFirst()
            .orElseThrow();
    List<String> command =
        Stream.concat(
                Stream.of("kill", "-" + name),
                Stream.concat(Stream.of(postmaster), postmaster.descendants())
                    .map(process -> Long.toString(process.pid())))
            .toList();
    try {
      // Its status does not matter: one of the processes may have ended just now.
      new ProcessBuilder(command).inheritIO().start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static boolean servesPort(ProcessHandle process, int port) {
    List<String> arguments = process.info().arguments().map(Arrays::asList).orElse(List.of());
    int portAt = arguments.indexOf("-p") + 1;
    return process.info().command().filter(name -> name.endsWith("/postgres")).isPresent()
        && portAt > 0
        && arguments.get(portAt).equals(Integer.toString(port));
  }

  private static boolean isReady(ApiClient client, TestNode node) throws IOException {
    return client.get(node.managementUri(), "/health/ready").status() == 200;
  }

  private void retryAndVerify(ApiClient client, URI uri) throws IOException {
    Load.Sender sender = sendingTo(client, uri);
    Load.settle(books, sender, RECOVERY_LIMIT);
    for (Operation operation : books.sampleOfAnswered(REPLAYS_PER_ROUND, random)) {
      books.record(operation, sender.send(operation));
    }
    books.verify(client, uri);
  }

  /** The node lives, so that every request has to be answered. */
  private Load.Sender sendingTo(ApiClient client, URI uri) {
    return operation -> {
      try {
        return client.send(uri, operation);
      } catch (IOException e) {
        books.fault("not answered: " + operation + ": " + e);
        return null;
      }
    };
  }
}
