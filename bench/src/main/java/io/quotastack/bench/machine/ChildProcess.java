package io.quotastack.bench.machine;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A Java process that the benchmark starts, talks to by lines, and stops.
 *
 * <p>It is told to end by the end of its input, so it ends too when the benchmark is killed. On
 * {@link #close} it gets time to end by itself, then SIGTERM, then SIGKILL, always by its process
 * id.
 */
public final class ChildProcess implements AutoCloseable {
  /** No line is this. */
  private static final String END_OF_OUTPUT = "\n";

  private static final long STOP_SECONDS = 10;

  private final String name;
  private final Process process;
  private final Path output;
  private final BufferedWriter input;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private ChildProcess(String name, Process process, Path output) {
    this.name = name;
    this.process = process;
    this.output = output;
    this.input =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    Thread.ofPlatform().daemon().name(name + "-output").start(this::readOutput);
  }

  /**
   * Starts a main class of this class path on this Java.
   *
   * @param logs the folder for copies of what it writes, {@code name.out} and {@code name.err}
   */
  public static ChildProcess start(
      String name,
      Path logs,
      List<String> jvmOptions,
      Class<?> mainClass,
      List<String> arguments,
      Map<String, String> environment)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(mainClass.getName());
    command.addAll(arguments);
    Files.createDirectories(logs);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(logs.resolve(name + ".err").toFile());
    builder.environment().putAll(environment);
    return new ChildProcess(name, builder.start(), logs.resolve(name + ".out"));
  }

  private void readOutput() {
    try (BufferedReader reader =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        BufferedWriter copy = Files.newBufferedWriter(output)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        copy.write(line);
        copy.newLine();
        copy.flush();
        lines.add(line);
      }
    } catch (IOException e) {
      // The process was destroyed; its output ends here.
    }
    lines.add(END_OF_OUTPUT);
  }

  public long pid() {
    return process.pid();
  }

  public void send(String line) throws IOException {
    input.write(line);
    input.newLine();
    input.flush();
  }

  /** The next line of its output. */
  public String receive(Duration limit) throws IOException, InterruptedException {
    String line = lines.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    if (line == null) {
      throw new IOException(name + " said nothing for " + limit + "; see " + output + " and .err");
    }
    if (line.equals(END_OF_OUTPUT)) {
      throw new IOException(name + " ended; see " + output + " and .err");
    }
    return line;
  }

  @Override
  public void close() {
    try {
      input.close();
    } catch (IOException e) {
      // It has ended already.
    }
    try {
      if (process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
      process.destroy();
      if (process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
  }
}
