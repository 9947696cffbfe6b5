package io.quotastack.cluster;

import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * A command of the command line, run in this JVM to its end.
 *
 * @param exitCode what the process would end with
 * @param output what it printed on standard output
 * @param errors what it printed on standard error
 */
public record CommandRun(int exitCode, String output, String errors) {
  /** Runs it. */
  public static CommandRun of(String... arguments) {
    var output = new StringWriter();
    var errors = new StringWriter();
    int exitCode =
        Main.commandLine()
            .setOut(new PrintWriter(output, true))
            .setErr(new PrintWriter(errors, true))
            .execute(arguments);
    return new CommandRun(exitCode, output.toString(), errors.toString());
  }
}
