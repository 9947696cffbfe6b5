package io.quotastack.cluster;

import io.quotastack.cluster.persistence.DatabaseSettings;
import io.quotastack.cluster.postgres.EmbeddedDatabase;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dev}: a whole QuotaStack on this machine, with a PostgreSQL of its own. */
@Command(
    name = "dev",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Runs a node with a PostgreSQL of its own and a first tenant, on this machine alone.")
final class DevCommand implements Callable<Integer> {
  private static final String HOST = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Where the API listens; 0 takes a free one. Default: ${DEFAULT-VALUE}")
  private int port = 8080;

  @Option(
      names = "--management-port",
      paramLabel = "PORT",
      description = "Where health checks listen; 0 takes a free one. Default: ${DEFAULT-VALUE}")
  private int managementPort = 8558;

  @Option(
      names = "--data",
      paramLabel = "FOLDER",
      description = "Where the data and the keys are kept. Default: ${DEFAULT-VALUE}")
  private Path data = Path.of(".quotastack");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    var http = endpoint("--port", port);
    var management = endpoint("--management-port", managementPort);
    StopSignal stop = StopSignal.install();
    try (DataFolder folder = DataFolder.open(data)) {
      // Before PostgreSQL starts: the most likely mistake gets its answer at once.
      requireFree(http, "--port");
      requireFree(management, "--management-port");
      FirstTenant tenant = FirstTenant.keptIn(folder.keysFile());
      say("Starting PostgreSQL and a node; the data is in " + folder.path());
      StopSignal.Cause cause;
      try (EmbeddedDatabase database = EmbeddedDatabase.start(folder.postgresFolder());
          Node node = Node.start(settings(database, http, management))) {
        tenant.createIn(node.engine());
        say(welcome(folder, tenant, database, node));
        cause = stop.await(node.ended(), database.ended());
        say(
            switch (cause) {
              case ASKED -> "Stopping ...";
              case NODE_ENDED -> "The node ended by itself; stopping ...";
              case DATABASE_ENDED -> "PostgreSQL ended by itself; stopping ...";
            });
      }
      say("Stopped. The data stays in " + folder.path());
      return cause == StopSignal.Cause.ASKED ? 0 : Main.FAILED;
    }
  }

  private static Endpoint endpoint(String option, int port) {
    try {
      return new Endpoint(HOST, port);
    } catch (IllegalArgumentException e) {
      throw new SettingsException(List.of(option + ": not a port: " + port));
    }
  }

  private static NodeSettings settings(
      EmbeddedDatabase database, Endpoint http, Endpoint management) {
    return NodeSettings.local(
            new DatabaseSettings(database.url(), database.user(), database.password()))
        .listening(http, management);
  }

  private static void requireFree(Endpoint endpoint, String option) {
    if (endpoint.port() == 0) {
      return;
    }
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), endpoint.port()));
    } catch (IOException e) {
      throw new StartException(
          "port "
              + endpoint.port()
              + " is in use or not ours to open ("
              + e.getMessage()
              + "): choose another with "
              + option,
          e);
    }
  }

  private static String welcome(
      DataFolder folder, FirstTenant tenant, EmbeddedDatabase database, Node node) {
    String url = "http://" + HOST + ":" + node.httpPort();
    return """

    QuotaStack is ready.

      API           %1$s/v1
      API docs      %1$s/docs
      Health        http://%2$s:%3$d/health/ready
      Tenant        %4$s
      Live key      %5$s
      Test key      %6$s
      Operator key  %7$s
      Keys file     %8$s
      Database      %9$s

    Try it:

      curl -s %1$s/v1/customers -H 'X-API-Key: %6$s' -H 'Idempotency-Key: hello-1' -H 'Content-Type: application/json' -d '{"external_id": "hello"}'

    Ctrl-C stops it.
    """
        .formatted(
            url,
            HOST,
            node.managementPort(),
            tenant.tenantId(),
            tenant.liveKey(),
            tenant.testKey(),
            tenant.operatorKey(),
            folder.keysFile(),
            database.psqlCommand());
  }

  private void say(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(text);
    out.flush();
  }
}
