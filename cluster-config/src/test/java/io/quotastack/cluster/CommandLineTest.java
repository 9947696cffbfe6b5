package io.quotastack.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The script and the commands behind it say the same, and refuse what they do not understand. */
class CommandLineTest {
  private static final Pattern WORD = Pattern.compile("--[a-z][a-z-]+|QUOTASTACK_[A-Z_]+");

  private record Run(int exitCode, String output) {}

  @Test
  void the_script_tells_every_option_and_variable_without_building() throws Exception {
    Run help = script("--help");

    assertThat(help.exitCode()).isZero();
    for (String command : List.of("dev", "serve", "verify-ledger")) {
      CommandLine described = Main.commandLine().getSubcommands().get(command);
      assertThat(described).isNotNull();
      List<String> words =
          WORD.matcher(described.getUsageMessage())
              .results()
              .map(MatchResult::group)
              .filter(word -> !List.of("--help", "--version").contains(word))
              .toList();
      assertThat(words).isNotEmpty();
      assertThat(help.output()).contains(words);
    }
  }

  @Test
  void the_script_refuses_what_is_no_command() throws Exception {
    assertThat(script("develop").exitCode()).isEqualTo(2);
    assertThat(script("develop").output()).contains("no such command: develop");
    assertThat(script().exitCode()).isEqualTo(2);
    assertThat(script().output()).contains("Usage:");
  }

  @Test
  void options_that_make_no_sense_are_refused_before_anything_starts() {
    assertThat(run("dev", "--port", "99999"))
        .isEqualTo(new Run(2, "--port: not a port: 99999" + System.lineSeparator()));
    assertThat(run("dev", "--port", "x").exitCode()).isEqualTo(2);
    assertThat(run("dev", "--nonsense").exitCode()).isEqualTo(2);
    assertThat(run("verify-ledger").exitCode()).isEqualTo(2);
    assertThat(run("verify-ledger", "a", "b").exitCode()).isEqualTo(2);
    assertThat(run("verify-ledger", "a", "--format", "xml"))
        .isEqualTo(new Run(2, "--format: must be jsonl or csv: xml" + System.lineSeparator()));
    assertThat(run().exitCode()).isEqualTo(2);
  }

  private static Run run(String... arguments) {
    var output = new StringWriter();
    int exitCode = Main.commandLine().setErr(new PrintWriter(output, true)).execute(arguments);
    return new Run(exitCode, output.toString());
  }

  private static Run script(String... arguments) throws Exception {
    var command = new ArrayList<>(List.of("bash", scriptFile().toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), output);
  }

  private static Path scriptFile() {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.exists(folder.resolve("quotastack"))) {
      folder = folder.getParent();
    }
    assertThat(folder).as("a folder above with the script").isNotNull();
    return folder.resolve("quotastack");
  }
}
