package io.quotastack.cluster.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shows that running a page catches a command that fails and an answer that is not as shown. */
class DocumentedPageTest {
  private static final Map<String, String> ENVIRONMENT = Map.of("URL", "http://127.0.0.1:1");

  @Test
  void examples_run_in_order_in_one_shell() {
    assertPasses(
        """
        ```bash
        greeting=hello
        ```
        Text between.
        ```bash
        printf '%s %s' "$greeting" "$URL"
        ```
        ```text
        hello http://127.0.0.1:1
        ```
        """);
  }

  @Test
  void nothing_else_is_in_the_environment() {
    assertFails(
        """
        ```bash
        echo "$HOME"
        ```
        """,
        "line 2 failed",
        "HOME: unbound variable");
  }

  @Test
  void a_command_that_fails_ends_the_run() {
    assertFails(
        """
        ```bash
        echo first
        ```
        ```bash
        false
        ```
        """,
        "line 5 failed with 1");
  }

  @Test
  void a_command_that_fails_inside_a_pipe_ends_the_run() {
    assertFails(
        """
        ```bash
        false | cat
        ```
        """,
        "line 2 failed with 1");
  }

  @Test
  void blocks_of_other_languages_are_not_run() {
    assertPasses(
        """
        ```sh
        false
        ```
        ```bash
        true
        ```
        """);
  }

  @Test
  void another_text_is_caught() {
    assertFails(
        """
        ```bash
        echo one
        ```
        ```text
        two
        ```
        """,
        "answered one instead of two");
  }

  @Test
  void values_that_are_new_each_time_may_differ_and_others_may_not() {
    assertThat(
            ShownJson.differences(
                """
                {"id": "a", "created_at": "x", "previous_hash": "x", "customer_id": "c", "n": 1}
                """,
                """
                {"id": "b", "created_at": "y", "previous_hash": "y", "customer_id": "d", "n": 1}
                """))
        .isEmpty();
    assertThat(ShownJson.differences("{\"n\": 1}", "{\"n\": 2}"))
        .containsExactly("/n: shown as 1, is 2");
    assertThat(
            ShownJson.differences(
                "{\"external_customer_id\": \"a\"}", "{\"external_customer_id\": \"b\"}"))
        .hasSize(1);
    assertThat(ShownJson.differences("{\"id\": \"a\"}", "{\"id\": null}")).hasSize(1);
  }

  @Test
  void a_member_that_is_not_shown_or_not_there_is_caught() {
    assertThat(ShownJson.differences("{\"a\": 1}", "{\"a\": 1, \"b\": 2}"))
        .containsExactly("/b: not shown, is there");
    assertThat(ShownJson.differences("{\"a\": 1, \"b\": 2}", "{\"a\": 1}"))
        .containsExactly("/b: shown, is not there");
    assertThat(ShownJson.differences("{\"a\": [1]}", "{\"a\": [1, 2]}"))
        .containsExactly("/a: 1 elements shown, 2 are there");
  }

  @Test
  void a_page_may_leave_out_the_rest() {
    assertThat(
            ShownJson.differences("{\"a\": 1, \"...\": \"...\"}", "{\"a\": 1, \"b\": {\"c\": 2}}"))
        .isEmpty();
    assertThat(ShownJson.differences("[1, \"...\"]", "[1, 2, 3]")).isEmpty();
    assertThat(ShownJson.differences("[1, 2, \"...\"]", "[1]")).hasSize(1);
  }

  @Test
  void an_answer_that_is_not_as_shown_names_its_line() {
    assertFails(
        """
        ```bash
        echo '{"balance": 5}'
        ```
        ```json
        {"balance": 6}
        ```
        """,
        "line 2 answered otherwise",
        "/balance: shown as 6, is 5");
  }

  @Test
  void a_quickstart_is_what_stands_between_its_comments(@TempDir Path folder) throws Exception {
    Path readme = folder.resolve("README.md");
    Files.writeString(
        readme,
        """
        ```bash
        false
        ```
        <!-- quickstart:begin -->
        ```bash
        false
        ```
        <!-- quickstart:end -->
        """);
    DocumentedPage page = DocumentedPage.quickstartOf(readme);
    assertThat(page.size()).isEqualTo(1);
    assertThatThrownBy(() -> page.run(ENVIRONMENT)).hasMessageContaining("line 6 failed");
    Files.writeString(readme, "no quickstart");
    assertThatThrownBy(() -> DocumentedPage.quickstartOf(readme))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void an_output_without_a_command_is_caught() {
    assertThatThrownBy(() -> DocumentedPage.ofMarkdown("```json\n{}\n```\n"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("line 1");
    assertThatThrownBy(() -> DocumentedPage.ofMarkdown("```bash\ntrue\n"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("has no end");
  }

  private static void assertPasses(String markdown) {
    assertThatCode(() -> DocumentedPage.ofMarkdown(markdown).run(ENVIRONMENT))
        .doesNotThrowAnyException();
  }

  private static void assertFails(String markdown, String... mentions) {
    assertThatThrownBy(() -> DocumentedPage.ofMarkdown(markdown).run(ENVIRONMENT))
        .isInstanceOf(AssertionError.class)
        .hasMessageContainingAll(mentions);
  }
}
