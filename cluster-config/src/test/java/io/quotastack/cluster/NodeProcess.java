package io.quotastack.cluster;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * The command line of QuotaStack in a process of its own, for tests that kill it. Its data folder
 * is given; the process is killed at {@link #close()} if it still runs, and with it the PostgreSQL
 * in that folder.
 */
public final class NodeProcess implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(3);
  private static final Duration END_LIMIT = Duration.ofMinutes(2);
  private static final Pattern API = Pattern.compile("API +(http://\\S+)/v1");
  private static final Pattern HEALTH = Pattern.compile("Health +(http://\\S+)/health/ready");

  private final Path dataFolder;
  private final Path outputFile;
  private final Process process;
  private boolean killed;

  private NodeProcess(Path dataFolder, Path outputFile, Process process) {
    this.dataFolder = dataFolder;
    this.outputFile = outputFile;
    this.process = process;
  }

  /** Runs {@code dev} on this folder and on free ports, and waits until it is ready. */
  public static NodeProcess dev(Path dataFolder) {
    NodeProcess started = run(dataFolder, "dev", "--port", "0", "--management-port", "0");
    Awaitility.await("dev is ready")
        .atMost(START_LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> started.output().contains("Ctrl-C stops it") || !started.process.isAlive());
    if (!started.process.isAlive()) {
      throw new IllegalStateException("dev did not start: " + started.output());
    }
    return started;
  }

  /** Runs a command with {@code --data} on this folder, and does not wait. */
  public static NodeProcess run(Path dataFolder, String... arguments) {
    try {
      var command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx1g",
                  "-XX:+UseParallelGC",
                  "-XX:TieredStopAtLevel=1",
                  "--enable-native-access=ALL-UNNAMED",
                  "--sun-misc-unsafe-memory-access=allow",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Main.class.getName()));
      command.addAll(List.of(arguments));
      command.addAll(List.of("--data", dataFolder.toString()));
      Path output = Files.createTempFile("quotastack-node-process", ".log");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      return new NodeProcess(dataFolder, output, process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All that it printed until now. */
  public String output() {
    try {
      return Files.readString(outputFile);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where the API answers, without a slash at the end. */
  public URI baseUri() {
    return find(API);
  }

  /** Where health checks answer, without a slash at the end. */
  public URI managementUri() {
    return find(HEALTH);
  }

  private URI find(Pattern pattern) {
    Matcher matcher = pattern.matcher(output());
    if (!matcher.find()) {
      throw new IllegalStateException("not ready: " + output());
    }
    return URI.create(requireNonNull(matcher.group(1)));
  }

  /** The file with its tenant and keys. */
  public Path keysFile() {
    return dataFolder.resolve("keys.json");
  }

  /** A member of that file. */
  public String key(String member) {
    try {
      JsonNode keys = new ObjectMapper().readTree(Files.readString(keysFile()));
      return keys.required(member).textValue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The process of its PostgreSQL. */
  public ProcessHandle postmaster() {
    return postmasters().findAny().orElseThrow();
  }

  /** Whether its PostgreSQL runs. */
  public boolean hasPostmaster() {
    return postmasters().findAny().isPresent();
  }

  /** The signal of Ctrl-C's sibling: asks it to stop. */
  public void terminate() {
    process.destroy();
  }

  /** kill -9: of the JVM only, PostgreSQL runs on. */
  public void killHard() {
    killed = true;
    process.destroyForcibly();
    exitCode();
  }

  /** Waits for its end. */
  public int exitCode() {
    try {
      if (!process.waitFor(END_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("does not end: " + output());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Leaves nothing running, whatever the test did. */
  @Override
  public void close() {
    if (process.isAlive()) {
      killHard();
    }
    if (killed) {
      // Only what this process left behind: another one may run on the same folder by now.
      postmasters().forEach(ProcessHandle::destroyForcibly);
    }
    try {
      Files.delete(outputFile);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Stream<ProcessHandle> postmasters() {
    return ProcessHandle.allProcesses()
        .filter(candidate ->
            candidate
                .info()
                .commandLine()
                .filter(line -> line.contains(dataFolder + "/postgres/data"))
                .isPresent());
  }
}
