package io.quotastack.cluster.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.quotastack.cluster.Main;
import io.quotastack.cluster.TestNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs every example of README.md and docs/ against a fresh node, as a reader would, and follows
 * their links. The node is not the shared one, because examples have fixed names.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DocumentationTest {
  // Maven runs tests in the module's folder.
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final String COMMAND =
      "#!/usr/bin/env bash\nexec '%s' -cp '%s' %s \"$@\"\n"
          .formatted(
              Path.of(System.getProperty("java.home"), "bin", "java"),
              System.getProperty("java.class.path"),
              Main.class.getName());
  private static final Pattern LINK = Pattern.compile("]\\(([^)#]*)(#[^)]*)?\\)");

  /** Where the examples run: has a {@code ./quotastack}, which is what these tests are run with. */
  @TempDir private Path folder;

  private TestNode node;

  @BeforeAll
  void startNode() {
    node = TestNode.start();
  }

  @AfterAll
  void stopNode() {
    node.close();
  }

  static List<Path> pages() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
      return files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
    }
  }

  static List<Path> pagesWithExamples() throws IOException {
    var pages = new ArrayList<Path>();
    for (Path page : pages()) {
      if (DocumentedPage.of(page).size() > 0) {
        pages.add(page);
      }
    }
    return pages;
  }

  static List<Path> pagesAndReadme() throws IOException {
    var all = new ArrayList<>(pages());
    all.add(ROOT.resolve("README.md"));
    return all;
  }

  @Test
  void the_quickstart_answers_as_shown() throws Exception {
    DocumentedPage quickstart = DocumentedPage.quickstartOf(ROOT.resolve("README.md"));
    assertThat(quickstart.size()).isGreaterThan(1);
    quickstart.run(environment());
  }

  @ParameterizedTest
  @MethodSource("pagesWithExamples")
  void the_examples_of_a_page_answer_as_shown(Path page) throws Exception {
    Path command = Files.writeString(folder.resolve("quotastack"), COMMAND);
    assertThat(command.toFile().setExecutable(true)).isTrue();
    DocumentedPage.of(page).run(environment(), folder);
  }

  @ParameterizedTest
  @MethodSource("pagesAndReadme")
  void every_link_leads_somewhere(Path page) throws IOException {
    Matcher link = LINK.matcher(Files.readString(page));
    while (link.find()) {
      String target = link.group(1);
      if (!target.startsWith("https://")) {
        Path file = target.isEmpty() ? page : page.resolveSibling(target);
        assertThat(file).exists();
        assertAnchor(file, link.group(2));
      }
    }
  }

  private static void assertAnchor(Path file, @Nullable String anchor) throws IOException {
    if (anchor != null) {
      assertThat(Files.readString(file).lines().filter(line -> line.startsWith("#")))
          .as("headings of " + file)
          .anyMatch(heading -> anchor.equals("#" + anchorOf(heading)));
    }
  }

  /** As GitHub makes it: lower case, spaces as hyphens, punctuation left out. */
  private static String anchorOf(String heading) {
    return heading
        .replaceFirst("^#+ ", "")
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^a-z0-9 _-]", "")
        .replace(' ', '-');
  }

  private Map<String, String> environment() {
    return Map.of("URL", node.baseUri().toString(), "LIVE_KEY", node.liveKey());
  }
}
