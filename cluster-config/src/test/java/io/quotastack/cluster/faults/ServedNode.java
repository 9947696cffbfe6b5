package io.quotastack.cluster.faults;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quotastack.cluster.Endpoint;
import io.quotastack.cluster.Main;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * {@code serve} in a process of its own, on a database that outlives it, for tests that kill it.
 * The tenant's keys are in the folder, so that the next node of the same folder has the same
 * tenant.
 */
final class ServedNode implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(3);
  private static final Duration END_LIMIT = Duration.ofMinutes(1);
  private static final Pattern READY = Pattern.compile("is ready: HTTP on port (\\d+)");

  private final Path folder;
  private final Path output;
  private final Process process;

  private ServedNode(Path folder, Path output, Process process) {
    this.folder = folder;
    this.output = output;
    this.process = process;
  }

  /** Starts a node that is a cluster of its own, and waits until it is ready. */
  static ServedNode start(EmbeddedDatabase database, Path folder) {
    return start(database, folder, new Endpoint("127.0.0.1", 0), List.of());
  }

  /**
   * Starts a node of a cluster, and waits until it is ready.
   *
   * @param place where other nodes reach it
   * @param seeds the nodes to join
   */
  static ServedNode start(
      EmbeddedDatabase database, Path folder, Endpoint place, List<Endpoint> seeds) {
    try {
      Path output = Files.createTempFile(folder, "node", ".log");
      var builder =
          new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-Xmx1g",
              "-XX:+UseParallelGC",
              // It does not live long enough for the compiler that takes its time.
              "-XX:TieredStopAtLevel=1",
              "--enable-native-access=ALL-UNNAMED",
              "--sun-misc-unsafe-memory-access=allow",
              "-cp",
              System.getProperty("java.class.path"),
              Main.class.getName(),
              "serve",
              "--first-tenant-file",
              keysFile(folder).toString());
      builder
          .environment()
          .putAll(
              Map.of(
                  "QUOTASTACK_DB_URL", database.url(),
                  "QUOTASTACK_DB_USER", database.user(),
                  "QUOTASTACK_DB_PASSWORD", database.password(),
                  "QUOTASTACK_HTTP_HOST", "127.0.0.1",
                  "QUOTASTACK_HTTP_PORT", "0",
                  "QUOTASTACK_MANAGEMENT_HOST", "127.0.0.1",
                  "QUOTASTACK_MANAGEMENT_PORT", "0",
                  "QUOTASTACK_CLUSTER_HOST", place.host(),
                  "QUOTASTACK_CLUSTER_PORT", Integer.toString(place.port()),
                  "QUOTASTACK_SEED_NODES",
                      seeds.stream().map(Endpoint::toString).collect(joining(","))));
      Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
      var node = new ServedNode(folder, output, process);
      try {
        node.awaitReady();
        return node;
      } catch (RuntimeException | Error e) {
        node.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitReady() {
    Awaitility.await("the node is ready")
        .atMost(START_LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> READY.matcher(output()).find() || !process.isAlive());
    if (!process.isAlive()) {
      throw new IllegalStateException("the node did not start: " + output());
    }
  }

  private static Path keysFile(Path folder) {
    return folder.resolve("keys.json");
  }

  /** All that it printed until now. */
  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where its API answers. */
  URI uri() {
    Matcher matcher = READY.matcher(output());
    if (!matcher.find()) {
      throw new IllegalStateException("not ready: " + output());
    }
    return URI.create("http://127.0.0.1:" + requireNonNull(matcher.group(1)));
  }

  /** The API key of the live environment. */
  String liveKey() {
    try {
      return new ObjectMapper()
          .readTree(Files.readString(keysFile(folder)))
          .required("live_key")
          .textValue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** kill -9. */
  void killHard() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(END_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("process " + process.pid() + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    killHard();
  }
}
