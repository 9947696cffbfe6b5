package io.quotastack.cluster.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.quotastack.http.problems.ProblemType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the pages of the problem types against the document, the code and each other. */
class ProblemPagesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  static Stream<String> slugs() throws IOException {
    JsonNode slugs = document().at("/components/schemas/ProblemSlug/enum");
    return StreamSupport.stream(slugs.spliterator(), false).map(JsonNode::asText);
  }

  @ParameterizedTest
  @MethodSource("slugs")
  void every_problem_has_a_page_with_title_status_and_advice(String slug) throws IOException {
    ProblemType type = type(slug);
    assertThat(page(slug))
        .startsWith("# " + type.title() + "\n\n`" + type.status() + "` `" + type.uri() + "`\n")
        .containsSubsequence("\n## When\n", "\n## What to do\n", "\n## Example\n");
  }

  @ParameterizedTest
  @MethodSource("slugs")
  void the_example_of_a_page_is_an_answer_that_the_document_describes(String slug)
      throws IOException {
    String page = page(slug);
    String example = page.substring(page.indexOf("```json\n") + 8, page.lastIndexOf("```"));
    JsonNode problem = JSON.readTree(example);
    ProblemType type = type(slug);
    assertThat(problem.path("type").asText()).isEqualTo(type.uri());
    assertThat(problem.path("title").asText()).isEqualTo(type.title());
    assertThat(problem.path("status").asInt()).isEqualTo(type.status());

    String[] exchange = exchangeThatCanAnswer(slug);
    OpenApiContract.load()
        .check(
            exchange[0],
            exchange[1],
            Map.of(),
            null,
            type.status(),
            Map.of(
                "X-Request-Id", "r", "Retry-After", "1", "Allow", "GET", "WWW-Authenticate", "k"),
            "application/problem+json",
            example);
  }

  @Test
  void problems_and_slugs_of_the_document_are_the_same() throws IOException {
    var types = new TreeSet<String>();
    document()
        .at("/components/schemas")
        .properties()
        .forEach(schema -> {
          if (schema.getKey().endsWith("Problem")) {
            JsonNode type = schema.getValue().at("/properties/type");
            type.path("enum").forEach(one -> types.add(one.textValue()));
            if (type.has("const")) {
              types.add(type.path("const").textValue());
            }
          }
        });
    assertThat(slugs().map(slug -> "/problems/" + slug)).containsExactlyElementsOf(types);
  }

  private static String[] exchangeThatCanAnswer(String slug) {
    return switch (slug) {
      case "method_not_allowed" -> new String[] {"DELETE", "/v1/usage"};
      case "not_found" -> new String[] {"GET", "/v1/metering-rules/rul_x"};
      case "customer_exists" -> new String[] {"POST", "/v1/customers"};
      case "already_exists" -> new String[] {"POST", "/v1/billable-metrics"};
      case "reservation_closed", "reservation_expired" ->
          new String[] {"POST", "/v1/reserve/res_x/commit"};
      case "payment_conflict" -> new String[] {"POST", "/v1/topup/grant"};
      case "no_price" -> new String[] {"POST", "/v1/metering-rules/preview"};
      default -> new String[] {"POST", "/v1/usage"};
    };
  }

  private static ProblemType type(String slug) {
    return Arrays.stream(ProblemType.values())
        .filter(type -> type.slug().equals(slug))
        .findAny()
        .orElseThrow();
  }

  private static JsonNode document() throws IOException {
    return new YAMLMapper().readTree(resource("openapi.yaml"));
  }

  private static String page(String slug) throws IOException {
    return resource("problems/" + slug + ".md");
  }

  private static String resource(String name) throws IOException {
    try (InputStream resource = ProblemPagesTest.class.getClassLoader().getResourceAsStream(name)) {
      assertThat(resource).as(name).isNotNull();
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
