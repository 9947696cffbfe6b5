package io.quotastack.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node tells how it is, joins others, and leaves nothing behind. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class NodeTest {
  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void it_is_ready_only_while_its_database_answers_and_alive_all_the_time() throws Exception {
    try (TestNode node = TestNode.start()) {
      awaitStatus(node, "/health/ready", 200);
      assertThat(status(node, "/health/startup")).isEqualTo(200);

      node.database().killHard();
      awaitStatus(node, "/health/ready", 500);
      assertThat(status(node, "/health/alive")).isEqualTo(200);

      node.database().restart();
      awaitStatus(node, "/health/ready", 200);
    }
  }

  @Test
  void two_nodes_form_one_cluster_and_both_serve_after_one_has_left() throws Exception {
    try (TestNode first = TestNode.start()) {
      try (TestNode second = first.startAnother()) {
        awaitStatus(second, "/health/ready", 200);
        assertThat(members(first)).contains(second.node().clusterEndpoint().toString());
        assertThat(createCustomer(first, "one")).isEqualTo(201);
        assertThat(createCustomer(second, "two")).isEqualTo(201);
        assertThat(createCustomer(second, "one")).isEqualTo(409);
        assertThat(createCustomer(first, "two")).isEqualTo(409);
      }
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> !members(first).contains("Exiting") && createCustomer(first, "two") == 409);
      assertThat(createCustomer(first, "one")).isEqualTo(409);
    }
  }

  @Test
  void a_port_in_use_is_named_and_nothing_of_the_node_is_left() throws Exception {
    Set<Thread> before = databaseThreads(); // other tests of this JVM may have nodes
    try (EmbeddedDatabase database = EmbeddedDatabase.temporary();
        var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var endpoint = new Endpoint("127.0.0.1", taken.getLocalPort());
      NodeSettings local = TestNode.settings(database);
      for (NodeSettings settings :
          new NodeSettings[] {
            local.listening(endpoint, local.management()), local.listening(local.http(), endpoint)
          }) {
        assertThatThrownBy(() -> Node.start(settings))
            .isInstanceOf(StartException.class)
            .hasMessageContaining(endpoint + " is in use");
      }
      await().atMost(Duration.ofSeconds(30)).until(() -> before.containsAll(databaseThreads()));
    }
  }

  @Test
  void a_database_that_is_not_there_is_named_without_its_password() {
    EmbeddedDatabase database = EmbeddedDatabase.temporary();
    NodeSettings settings = TestNode.settings(database);
    database.close();

    assertThatThrownBy(() -> Node.start(settings))
        .isInstanceOf(StartException.class)
        .hasMessageContaining(settings.database().url())
        .hasMessageNotContaining(settings.database().password());
  }

  private static Set<Thread> databaseThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().matches(".*(quotastack-read|-alarms-(set|due)).*"))
        .collect(Collectors.toSet());
  }

  private void awaitStatus(TestNode node, String path, int status) {
    await().atMost(Duration.ofSeconds(60)).until(() -> status(node, path) == status);
  }

  private int status(TestNode node, String path) throws IOException, InterruptedException {
    return get(node.managementUri().resolve(path)).statusCode();
  }

  private String members(TestNode node) throws IOException, InterruptedException {
    return get(node.managementUri().resolve("/cluster/members")).body();
  }

  private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  private int createCustomer(TestNode node, String externalId)
      throws IOException, InterruptedException {
    return client
        .send(
            HttpRequest.newBuilder(node.baseUri().resolve("/v1/customers"))
                .header("X-API-Key", node.testKey())
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"external_id\": \"" + externalId + "\"}"))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .statusCode();
  }
}
