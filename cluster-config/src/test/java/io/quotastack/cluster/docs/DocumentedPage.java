package io.quotastack.cluster.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A page of the documentation, whose examples can be run. All of them run in one bash, in their
 * order, so that a variable that one sets is there for the next; the first that fails ends the run.
 */
public final class DocumentedPage {
  private static final String BEGIN = "<!-- quickstart:begin -->";
  private static final String END = "<!-- quickstart:end -->";
  private static final long TIMEOUT_SECONDS = 120;
  private static final String MARK = "=== end of the example of line ";

  private final String name;
  private final List<Example> examples;

  private DocumentedPage(String name, String markdown) {
    this.name = name;
    this.examples = Example.in(markdown);
  }

  /** A whole page. */
  public static DocumentedPage of(Path file) throws IOException {
    return new DocumentedPage(file.toString(), Files.readString(file));
  }

  /** The part of a page between the quickstart's comments. */
  public static DocumentedPage quickstartOf(Path file) throws IOException {
    String markdown = Files.readString(file);
    int begin = markdown.indexOf(BEGIN);
    int end = markdown.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new AssertionError(file + " has no " + BEGIN + " before " + END);
    }
    // As many line ends as were cut off, so that the lines keep their numbers.
    String before = markdown.substring(0, begin).replaceAll("[^\n]", "");
    return new DocumentedPage(file.toString(), before + markdown.substring(begin, end));
  }

  static DocumentedPage ofMarkdown(String markdown) {
    return new DocumentedPage("a page", markdown);
  }

  /** How many examples there are. */
  public int size() {
    return examples.size();
  }

  /**
   * Runs the examples, with nothing in their environment but these variables and the PATH.
   *
   * @throws AssertionError if one fails, or answers what the page does not show
   */
  public void run(Map<String, String> environment) throws IOException, InterruptedException {
    run(environment, Path.of(""));
  }

  /** The same in that folder. */
  public void run(Map<String, String> environment, Path folder)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("examples", ".out");
    Path errors = Files.createTempFile("examples", ".err");
    try {
      var builder = new ProcessBuilder("bash", "--noprofile", "--norc", "-c", script());
      String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
      builder.environment().clear();
      builder.environment().put("PATH", path);
      builder.environment().putAll(environment);
      builder.directory(folder.toAbsolutePath().toFile());
      builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      builder.redirectOutput(output.toFile());
      builder.redirectError(errors.toFile());
      Process bash = builder.start();
      if (!bash.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        bash.descendants().forEach(ProcessHandle::destroyForcibly);
        bash.destroyForcibly();
        throw new AssertionError(name + ": not done after " + TIMEOUT_SECONDS + " s");
      }
      judge(bash.exitValue(), Files.readString(output), Files.readString(errors));
    } finally {
      Files.deleteIfExists(output);
      Files.deleteIfExists(errors);
    }
  }

  private String script() {
    var script = new StringBuilder("set -euo pipefail\n");
    for (Example example : examples) {
      script
          .append(example.command())
          .append("\nprintf '\\n%s\\n' '")
          .append(mark(example))
          .append("'\n");
    }
    return script.toString();
  }

  private void judge(int exitValue, String output, String errors) {
    List<String> faults = new ArrayList<>();
    int at = 0;
    for (Example example : examples) {
      String mark = "\n" + mark(example) + "\n";
      int end = output.indexOf(mark, at);
      if (end < 0) {
        faults.add(
            "%s, line %d failed with %d:%n%s%n%s"
                .formatted(name, example.line(), exitValue, output.substring(at), errors));
        break;
      }
      compare(example, output.substring(at, end), faults);
      at = end + mark.length();
    }
    if (!faults.isEmpty()) {
      throw new AssertionError(String.join(System.lineSeparator(), faults));
    }
  }

  private void compare(Example example, String answered, List<String> faults) {
    String shownText = example.expectedText();
    if (shownText != null && !shownText.strip().equals(answered.replace("\r", "").strip())) {
      faults.add(
          "%s, line %d answered %s instead of %s"
              .formatted(name, example.line(), answered.strip(), shownText.strip()));
    }
    String shownJson = example.expectedJson();
    if (shownJson != null) {
      List<String> differences = ShownJson.differences(shownJson, answered);
      if (!differences.isEmpty()) {
        faults.add(
            "%s, line %d answered otherwise than shown:%n  %s%n  %s"
                .formatted(
                    name, example.line(), String.join("\n  ", differences), answered.strip()));
      }
    }
  }

  private static String mark(Example example) {
    return MARK + example.line() + " ===";
  }
}
