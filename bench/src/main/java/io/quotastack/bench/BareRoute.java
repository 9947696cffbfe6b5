package io.quotastack.bench;

import io.quotastack.bench.bare.BareServer;
import io.quotastack.bench.machine.ChildProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The bare route's server in a process of its own. */
final class BareRoute implements AutoCloseable {
  private final ChildProcess process;
  private final int port;

  BareRoute(Path logs, List<String> jvmOptions) throws IOException, InterruptedException {
    process = ChildProcess.start("bare", logs, jvmOptions, BareServer.class, List.of(), Map.of());
    try {
      port = Integer.parseInt(process.receive(Duration.ofSeconds(60)));
    } catch (IOException | InterruptedException | RuntimeException e) {
      process.close();
      throw e;
    }
  }

  long pid() {
    return process.pid();
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    process.close();
  }
}
