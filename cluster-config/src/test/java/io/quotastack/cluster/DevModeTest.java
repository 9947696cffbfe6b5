package io.quotastack.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code dev} as a newcomer meets it: a process that is started, stopped, killed, started twice.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DevModeTest {
  private static final String CUSTOMER = "{\"external_id\": \"acme\"}";

  @TempDir private Path folder;

  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void it_serves_keeps_its_keys_private_and_stops_cleanly() throws Exception {
    Path data = folder.resolve("made/by/itself");
    try (NodeProcess dev = NodeProcess.dev(data)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dev.keysFile())))
          .isEqualTo("rw-------");
      assertThat(dev.key("tenant_id")).startsWith("ten_");
      assertThat(dev.key("operator_key")).startsWith("qs_operator_");
      assertThat(dev.output()).contains(dev.key("live_key"), dev.key("test_key"), "curl -s ");

      awaitReady(dev);
      assertThat(create(dev, dev.key("live_key"), "1").statusCode()).isEqualTo(201);
      assertThat(create(dev, dev.key("test_key"), "1").statusCode()).isEqualTo(201);
      assertThat(create(dev, dev.key("operator_key"), "1").statusCode()).isEqualTo(401);

      try (NodeProcess second = NodeProcess.run(data, "dev")) {
        assertThat(second.exitCode()).isEqualTo(1);
        assertThat(second.output())
            .contains("another QuotaStack already runs on the folder " + data.toRealPath());
      }
      awaitReady(dev);

      dev.terminate();
      assertThat(dev.exitCode()).isZero();
      assertThat(dev.output()).contains("Stopping").contains("Stopped. The data stays in");
      assertThat(dev.hasPostmaster()).isFalse();
    }
  }

  @Test
  void after_kill_9_it_starts_again_with_the_same_keys_and_all_that_was_acknowledged()
      throws Exception {
    String liveKey;
    String created;
    ProcessHandle orphan;
    try (NodeProcess first = NodeProcess.dev(folder)) {
      liveKey = first.key("live_key");
      created = create(first, liveKey, "once").body();
      orphan = first.postmaster();
      first.killHard();
      assertThat(orphan.isAlive()).isTrue();

      try (NodeProcess second = NodeProcess.dev(folder)) {
        assertThat(orphan.isAlive()).isFalse();
        assertThat(second.key("live_key")).isEqualTo(liveKey);
        HttpResponse<String> again = create(second, liveKey, "once");
        assertThat(again.statusCode()).isEqualTo(201);
        assertThat(again.body()).isEqualTo(created);
        assertThat(again.headers().firstValue("X-Idempotent-Replayed")).contains("true");
      }
    }
  }

  @Test
  void keys_whose_tenant_was_never_created_get_their_tenant_at_the_next_start() throws Exception {
    // What a crash between the two leaves behind.
    FirstTenant kept = FirstTenant.keptIn(folder.resolve("keys.json"));

    try (NodeProcess dev = NodeProcess.dev(folder)) {
      assertThat(create(dev, kept.liveKey(), "1").statusCode()).isEqualTo(201);
      dev.terminate();
      assertThat(dev.exitCode()).isZero();
    }
  }

  @Test
  void it_can_be_stopped_while_it_is_still_starting() throws Exception {
    try (NodeProcess dev =
        NodeProcess.run(folder, "dev", "--port", "0", "--management-port", "0")) {
      await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> dev.output().contains("Starting PostgreSQL"));
      dev.terminate();
      assertThat(dev.exitCode()).isZero();
      assertThat(dev.output()).containsAnyOf("Stopped before it was ready", "Stopped. The data");
      assertThat(dev.hasPostmaster()).isFalse();
    }
  }

  @Test
  void a_port_in_use_is_told_and_nothing_is_left_running() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      try (NodeProcess http = NodeProcess.run(folder, "dev", "--port", port)) {
        assertThat(http.exitCode()).isEqualTo(1);
        assertThat(http.output()).contains("port " + port + " is in use").contains("--port");
        assertThat(http.hasPostmaster()).isFalse();
      }
      try (NodeProcess management =
          NodeProcess.run(folder, "dev", "--port", "0", "--management-port", port)) {
        assertThat(management.exitCode()).isEqualTo(1);
        assertThat(management.output()).contains("port " + port).contains("--management-port");
        assertThat(management.hasPostmaster()).isFalse();
      }
    }
  }

  private HttpResponse<String> create(NodeProcess dev, String apiKey, String idempotencyKey)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(dev.baseUri().resolve("/v1/customers"))
            .header("X-API-Key", apiKey)
            .header("Idempotency-Key", idempotencyKey)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(CUSTOMER))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private void awaitReady(NodeProcess dev) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> get(dev.managementUri().resolve("/health/ready")).statusCode() == 200);
  }

  private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
