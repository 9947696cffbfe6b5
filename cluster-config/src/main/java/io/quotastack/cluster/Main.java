package io.quotastack.cluster;

import ch.qos.logback.classic.LoggerContext;
import io.quotastack.cluster.postgres.PostgresException;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line: {@code dev}, {@code serve} and {@code verify-ledger}. */
@Command(
    name = "quotastack",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = "A self-hosted, credit-native metering and entitlement engine.",
    subcommands = {DevCommand.class, ServeCommand.class, VerifyLedgerCommand.class})
public final class Main implements Runnable {
  /** The exit code of a start that failed for reasons outside of the command line. */
  static final int FAILED = 1;

  /** The exit code of a command line or of environment variables that make no sense. */
  static final int MISUSED = 2;

  /** Says which build this is. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"quotastack " + (version == null ? "(not packaged)" : version)};
    }
  }

  @Spec private CommandSpec spec;

  private Main() {
    // Only picocli's own creation below.
    this.spec = CommandSpec.create();
  }

  /** Runs a command to its end and exits with its code. */
  public static void main(String[] arguments) {
    int exitCode = commandLine().execute(arguments);
    ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
    StopSignal.exit(exitCode);
  }

  /** The commands, ready to be run. */
  static CommandLine commandLine() {
    return new CommandLine(new Main()).setExecutionExceptionHandler(Main::explain);
  }

  /** Without a command there is nothing to do but to tell which there are. */
  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "give a command: dev, serve or verify-ledger");
  }

  private static int explain(
      Exception failure, CommandLine commandLine, CommandLine.ParseResult parsed) throws Exception {
    if (StopSignal.cameBeforeReady()) {
      // The JVM starts nothing new while it shuts down, which fails in many ways.
      commandLine.getErr().println("Stopped before it was ready.");
      return 0;
    }
    return switch (failure) {
      case SettingsException settings -> {
        settings.problems().forEach(commandLine.getErr()::println);
        yield MISUSED;
      }
      case StartException start -> {
        commandLine.getErr().println("quotastack: " + start.getMessage());
        yield FAILED;
      }
      case PostgresException postgres -> {
        commandLine.getErr().println("quotastack: " + postgres.getMessage());
        yield FAILED;
      }
      default -> {
        failure.printStackTrace(commandLine.getErr());
        yield FAILED;
      }
    };
  }
}
