package io.quotastack.cluster.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.quotastack.cluster.TestNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the node serves for people and their tools: no key is asked for. */
class DocumentsTest {
  private static final Pattern LOCAL_LINK = Pattern.compile("(?:href|src)=\"(/[^\"]*)\"");

  // A key that opens nothing.
  private final ApiClient anybody = new ApiClient(TestNode.shared().baseUri(), "none");

  private Answer get(String path) {
    return anybody.request("GET", path).without("X-API-Key").send().ok();
  }

  @Test
  void the_openapi_document_is_served_as_it_was_written() throws Exception {
    Answer yaml = get("/openapi.yaml");
    assertThat(yaml.headers().get("Content-Type")).isEqualTo("application/yaml");
    try (var written = getClass().getClassLoader().getResourceAsStream("openapi.yaml")) {
      assertThat(written).isNotNull();
      assertThat(yaml.body()).isEqualTo(new String(written.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void the_openapi_document_is_served_as_json_too() throws Exception {
    Answer json = get("/openapi.json");
    assertThat(json.headers().get("Content-Type")).isEqualTo("application/json");
    assertThat(json.text("/openapi")).startsWith("3.1");
    JsonNode written = new YAMLMapper().readTree(get("/openapi.yaml").body());
    // As text: 1 and 1.0 are the same number in both.
    assertThat(Answer.json(written.toString())).isEqualTo(json.json());
  }

  @Test
  void the_page_of_the_api_needs_nothing_from_elsewhere() {
    Answer page = get("/docs");
    assertThat(page.headers().get("Content-Type")).isEqualTo("text/html; charset=UTF-8");
    assertThat(page.headers().get("Content-Security-Policy")).contains("default-src 'none'");
    assertThat(page.body()).doesNotContain("http://", "https://");
  }

  @Test
  void the_problems_are_listed_with_a_page_each() {
    Answer index = get("/problems");
    var pages = new ArrayList<String>();
    Matcher link = LOCAL_LINK.matcher(index.body());
    while (link.find()) {
      if (link.group(1).startsWith("/problems/")) {
        pages.add(link.group(1));
      }
    }
    var documented = new ArrayList<String>();
    get("/openapi.json")
        .at("/components/schemas/ProblemSlug/enum")
        .forEach(slug -> documented.add("/problems/" + slug.textValue()));
    assertThat(pages).containsExactlyInAnyOrderElementsOf(documented);
    for (String page : pages) {
      Answer html = get(page);
      assertThat(html.headers().get("Content-Type")).isEqualTo("text/html; charset=UTF-8");
      assertThat(html.body()).contains("<h1>", "What to do");
    }
  }

  @Test
  void a_key_is_not_looked_at_where_none_is_needed() {
    anybody.get("/openapi.json").ok();
    anybody.get("/problems").ok();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/openapi.yaml", "/docs", "/problems", "/problems/timeout"})
  void documents_take_no_query(String path) {
    Answer refused = anybody.request("GET", path + "?x=1").without("X-API-Key").send();
    refused.isInvalid("?x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/health/alive", "/health/ready", "/health/startup"})
  void health_is_served_on_the_management_port_only(String path) {
    new ApiClient(TestNode.shared().managementUri(), "none").get(path).ok();
  }
}
