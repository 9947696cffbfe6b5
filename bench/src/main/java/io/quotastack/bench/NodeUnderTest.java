package io.quotastack.bench;

import io.quotastack.bench.load.LoadJson;
import io.quotastack.bench.machine.ChildProcess;
import io.quotastack.bench.node.NodeProcess;
import io.quotastack.cluster.FirstTenant;
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

  /**
   * Starts it and waits until it serves.
   *
   * @param name of its log
   * @param tenant made there, unless it is there already
   */
  NodeUnderTest(
      String name,
      Path logs,
      List<String> jvmOptions,
      BenchDatabase.Login database,
      FirstTenant tenant)
      throws IOException, InterruptedException {
    apiKey = tenant.liveKey();
    Path folder = Files.createTempDirectory("quotastack-bench");
    Path keys = folder.resolve("keys.json");
    try {
      LoadJson.MAPPER.writeValue(keys.toFile(), tenant);
      process =
          ChildProcess.start(
              name,
              logs,
              jvmOptions,
              NodeProcess.class,
              List.of("serve", "--first-tenant-file", keys.toString()),
              Map.ofEntries(
                  Map.entry("QUOTASTACK_DB_URL", database.url()),
                  Map.entry("QUOTASTACK_DB_USER", database.user()),
                  Map.entry("QUOTASTACK_DB_PASSWORD", database.password()),
                  Map.entry("QUOTASTACK_HTTP_HOST", "127.0.0.1"),
                  Map.entry("QUOTASTACK_HTTP_PORT", "0"),
                  Map.entry("QUOTASTACK_MANAGEMENT_HOST", "127.0.0.1"),
                  Map.entry("QUOTASTACK_MANAGEMENT_PORT", "0"),
                  Map.entry("QUOTASTACK_CLUSTER_HOST", "127.0.0.1"),
                  Map.entry("QUOTASTACK_CLUSTER_PORT", "0")));
      try {
        port = awaitPort(process);
      } catch (IOException | InterruptedException | RuntimeException e) {
        process.close();
        throw e;
      }
    } finally {
      Files.deleteIfExists(keys);
      Files.deleteIfExists(folder);
    }
  }

  private static int awaitPort(ChildProcess process) throws IOException, InterruptedException {
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
