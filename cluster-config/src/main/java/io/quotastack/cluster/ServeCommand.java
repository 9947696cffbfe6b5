package io.quotastack.cluster;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code serve}: a node on a PostgreSQL that somebody else runs. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Runs a node on a PostgreSQL given by environment variables.",
    footerHeading = "%nEnvironment:%n",
    footer = {
      "  QUOTASTACK_DB_URL           jdbc:postgresql://host:port/name; required",
      "  QUOTASTACK_DB_USER          the role to connect as; required",
      "  QUOTASTACK_DB_PASSWORD      its password; required, may be empty",
      "  QUOTASTACK_HTTP_HOST        where the API listens; default 0.0.0.0",
      "  QUOTASTACK_HTTP_PORT        default 8080",
      "  QUOTASTACK_MANAGEMENT_HOST  where health checks listen; default 0.0.0.0",
      "  QUOTASTACK_MANAGEMENT_PORT  default 8558",
      "  QUOTASTACK_CLUSTER_HOST     where other nodes reach this one; default 127.0.0.1",
      "  QUOTASTACK_CLUSTER_PORT     default 17355",
      "  QUOTASTACK_SEED_NODES       host:port,host:port of the nodes to join; none = a cluster of"
          + " one",
      "  QUOTASTACK_LOG_LEVEL        of our own log lines; default INFO"
    })
final class ServeCommand implements Callable<Integer> {
  @Option(
      names = "--first-tenant-file",
      paramLabel = "FILE",
      description =
          "Makes sure that there is a first tenant, without rate limit. Its keys are kept in this"
              + " file; if it does not exist, new ones are made.")
  private @Nullable Path firstTenantFile;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    NodeSettings settings = ServeEnvironment.read(System.getenv());
    StopSignal stop = StopSignal.install();
    FirstTenant tenant =
        firstTenantFile == null ? null : FirstTenant.keptIn(firstTenantFile.toAbsolutePath());
    StopSignal.Cause cause;
    try (Node node = Node.start(settings)) {
      if (tenant != null) {
        tenant.createIn(node.engine());
        say("The keys of tenant " + tenant.tenantId() + " are in " + firstTenantFile);
      }
      say(
          "QuotaStack is ready: HTTP on port %d, management on port %d, database %s"
              .formatted(node.httpPort(), node.managementPort(), settings.database().address()));
      cause = stop.await(node.ended(), new CompletableFuture<Void>());
      say(cause == StopSignal.Cause.ASKED ? "Stopping ..." : "The node ended by itself.");
    }
    say("Stopped.");
    return cause == StopSignal.Cause.ASKED ? 0 : Main.FAILED;
  }

  private void say(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(text);
    out.flush();
  }
}
