package io.quotastack.bench;

import io.quotastack.bench.load.LoadJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The benchmark's command: runs it, prints the report, and writes it to {@code report.md} and
 * {@code report.json}.
 *
 * <p>Exit status: 0 when the figures may be believed, whether or not they reach their targets; 1
 * when an answer was wrong, something acknowledged is missing, or the run broke off; 2 for a wrong
 * command line.
 */
public final class Main {
  private static final String USAGE =
      """
      usage: bench/run [--quick] [--only GROUP]... [--output FOLDER]
        --quick    a smoke test, its figures are no measurement
        --only     one group of measurements: usage, holds or age; may be given again for another
        --output   where the report and the logs go (default: bench/target)
      """;

  /** After this the run is broken off: nothing here may load the machine without an end. */
  private static final long LIMIT_MINUTES = 20;

  private Main() {}

  public static void main(String[] args) throws IOException, SQLException, InterruptedException {
    // Figures look the same wherever the run is.
    Locale.setDefault(Locale.ROOT);
    BenchSettings settings = BenchSettings.fullRun();
    Set<Group> only = EnumSet.noneOf(Group.class);
    Path output = Path.of("target");
    for (int i = 0; i < args.length; i++) {
      if (args[i].equals("--quick")) {
        settings = BenchSettings.quickRun();
      } else if (args[i].equals("--only") && i + 1 < args.length) {
        only.add(Group.ofOption(args[++i]).orElseGet(() -> exitWithUsage(2)));
      } else if (args[i].equals("--output") && i + 1 < args.length) {
        output = Path.of(args[++i]);
      } else {
        exitWithUsage(List.of("--help", "-h").contains(args[i]) ? 0 : 2);
      }
    }
    System.exit(measure(only.isEmpty() ? settings : settings.only(only), output) ? 0 : 1);
  }

  private static Group exitWithUsage(int status) {
    System.out.print(USAGE);
    System.exit(status);
    throw new IllegalStateException("the JVM goes on after its exit");
  }

  private static boolean measure(BenchSettings settings, Path output)
      throws IOException, SQLException, InterruptedException {
    Files.createDirectories(output);
    Thread main = Thread.currentThread();
    // Broken off in either way, the run ends through its own closing: children and PostgreSQL too.
    Thread limit =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                TimeUnit.MINUTES.sleep(LIMIT_MINUTES);
                System.err.println("broken off after " + LIMIT_MINUTES + " minutes");
                main.interrupt();
              } catch (InterruptedException e) {
                // The run ended in time.
              }
            });
    Thread onSignal =
        new Thread(() -> {
          main.interrupt();
          try {
            main.join(TimeUnit.SECONDS.toMillis(60));
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    Runtime.getRuntime().addShutdownHook(onSignal);
    Report report;
    try {
      report = new Bench(settings, output, Clock.systemUTC(), System.out).run();
    } finally {
      limit.interrupt();
    }
    Runtime.getRuntime().removeShutdownHook(onSignal);
    String text = ReportText.of(report);
    Files.writeString(output.resolve("report.md"), text);
    LoadJson.MAPPER
        .writerWithDefaultPrettyPrinter()
        .writeValue(output.resolve("report.json").toFile(), report);
    System.out.println();
    System.out.print(text);
    System.out.println();
    System.out.println(
        "written to " + output.toAbsolutePath().normalize() + "/report.md and .json");
    return report.isSound();
  }
}
