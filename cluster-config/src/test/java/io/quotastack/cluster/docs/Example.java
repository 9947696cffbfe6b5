package io.quotastack.cluster.docs;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One fenced {@code bash} block of a page, and what the page shows as its output: the {@code json}
 * or {@code text} block that comes before the next {@code bash} block, if there is one. Blocks of
 * other languages are not examples.
 *
 * @param line where the command begins, counted from 1
 * @param command the shell text
 * @param expectedJson the output shown as JSON, or null
 * @param expectedText the output shown as text, or null
 */
record Example(
    int line, String command, @Nullable String expectedJson, @Nullable String expectedText) {
  private static final String FENCE = "```";

  /** All examples of a markdown text, in their order. */
  static List<Example> in(String markdown) {
    List<Example> examples = new ArrayList<>();
    List<String> lines = markdown.lines().toList();
    int at = 0;
    while (at < lines.size()) {
      String opening = lines.get(at);
      if (!opening.startsWith(FENCE)) {
        at++;
        continue;
      }
      int end = at + 1;
      while (end < lines.size() && !lines.get(end).equals(FENCE)) {
        end++;
      }
      if (end == lines.size()) {
        throw new AssertionError("the block that begins in line " + (at + 1) + " has no end");
      }
      String text = String.join("\n", lines.subList(at + 1, end));
      switch (opening.substring(FENCE.length())) {
        case "bash" -> examples.add(new Example(at + 2, text, null, null));
        case "json" -> examples.add(last(examples, at).showing(text, null));
        case "text" -> examples.add(last(examples, at).showing(null, text));
        default -> {
          // Shown, not run.
        }
      }
      at = end + 1;
    }
    return List.copyOf(examples);
  }

  private static Example last(List<Example> examples, int at) {
    if (examples.isEmpty() || examples.getLast().showsOutput()) {
      throw new AssertionError("line " + (at + 1) + " shows the output of no command");
    }
    return examples.removeLast();
  }

  private Example showing(@Nullable String json, @Nullable String text) {
    return new Example(line, command, json, text);
  }

  private boolean showsOutput() {
    return expectedJson != null || expectedText != null;
  }
}
