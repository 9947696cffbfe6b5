package io.quotastack.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.quotastack.bench.load.LoadJson;
import io.quotastack.bench.machine.ChildProcess;
import io.quotastack.bench.node.NodeProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The node that is measured: {@code serve} in a process of its own, on the run's PostgreSQL. */
final class NodeUnderTest implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(90);
  private static final Pattern READY = Pattern.compile(".*is ready: HTTP on port (\\d+).*");

  private final ChildProcess process;
  private final int port;
  private final String apiKey;

  NodeUnderTest(Path logs, List<String> jvmOptions, BenchDatabase database)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("quotastack-bench");
    Path keys = folder.resolve("keys.json");
    process =
        ChildProcess.start(
            "node",
            logs,
            jvmOptions,
            NodeProcess.class,
            List.of("serve", "--first-tenant-file", keys.toString()),
            Map.ofEntries(
                Map.entry("QUOTASTACK_DB_URL", database.nodeUrl()),
                Map.entry("QUOTASTACK_DB_USER", database.user()),
                Map.entry("QUOTASTACK_DB_PASSWORD", database.password()),
                Map.entry("QUOTASTACK_HTTP_HOST", "127.0.0.1"),
                Map.entry("QUOTASTACK_HTTP_PORT", "0"),
                Map.entry("QUOTASTACK_MANAGEMENT_HOST", "127.0.0.1"),
                Map.entry("QUOTASTACK_MANAGEMENT_PORT", "0"),
                Map.entry("QUOTASTACK_CLUSTER_HOST", "127.0.0.1"),
                Map.entry("QUOTASTACK_CLUSTER_PORT", "0")));
    try {
      port = awaitPort();
      JsonNode kept = LoadJson.MAPPER.readTree(keys.toFile());
      apiKey = kept.path("live_key").asText();
    } catch (IOException | InterruptedException | RuntimeException e) {
      process.close();
      throw e;
    } finally {
      Files.deleteIfExists(keys);
      Files.deleteIfExists(folder);
    }
  }

  private int awaitPort() throws IOException, InterruptedException {
    while (true) {
      Matcher ready = READY.matcher(process.receive(START_LIMIT));
      if (ready.matches()) {
        return Integer.parseInt(ready.group(1));
      }
    }
  }

  long pid() {
    return process.pid();
  }

  int port() {
    return port;
  }

  String apiKey() {
    return apiKey;
  }

  @Override
  public void close() {
    process.close();
  }
}
