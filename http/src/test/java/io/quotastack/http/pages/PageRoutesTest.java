package io.quotastack.http.pages;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quotastack.http.problems.ProblemType;
import io.quotastack.http.server.LoopbackServer;
import io.quotastack.http.server.Routes;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What people read in a browser, over a real server and without a key. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class PageRoutesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern LOADED = Pattern.compile("(?:src|href)=\"([^\"]+)\"");

  private LoopbackServer server;

  @BeforeAll
  void start() throws Exception {
    var routes = new Routes();
    PageRoutes.load().addTo(routes);
    server =
        LoopbackServer.start(
            routes,
            _ -> CompletableFuture.completedFuture(Optional.empty()),
            _ -> null,
            Duration.ofSeconds(5),
            Duration.ofSeconds(10));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private HttpResponse<String> get(String path) {
    return server.send(server.request(path));
  }

  private static String type(HttpResponse<String> response) {
    return response.headers().firstValue("Content-Type").orElseThrow();
  }

  private static List<String> slugsWithAPage() throws Exception {
    Path folder = Path.of(PageRoutes.class.getClassLoader().getResource("problems").toURI());
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString().replace(".md", "")).sorted().toList();
    }
  }

  @Test
  void the_document_is_served_as_it_was_written() {
    var response = get("/openapi.yaml");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(type(response)).isEqualTo("application/yaml");
    assertThat(response.body()).isEqualTo(Resources.text("openapi.yaml"));
  }

  @Test
  void the_document_is_served_as_json_too() throws Exception {
    var response = get("/openapi.json");
    assertThat(type(response)).isEqualTo("application/json");
    JsonNode document = JSON.readTree(response.body());
    assertThat(document.path("openapi").asText()).startsWith("3.1");
    assertThat(document.path("paths").has("/v1/usage")).isTrue();
  }

  @Test
  void yaml_becomes_json_without_changing_a_value() throws Exception {
    String yaml =
        """
        a: 9007199254740991
        b: 0.10
        c: '007'
        d: true
        e: null
        f: [1, x]
        g: 2026-01-31
        h: no
        """;
    assertThat(ApiDocument.of(yaml).json())
        .isEqualTo(
            "{\"a\":9007199254740991,\"b\":0.10,\"c\":\"007\",\"d\":true,\"e\":null,"
                + "\"f\":[1,\"x\"],\"g\":\"2026-01-31\",\"h\":\"no\"}");
  }

  @Test
  void the_docs_page_loads_only_what_the_node_itself_serves() {
    var page = get("/docs");
    assertThat(type(page)).isEqualTo("text/html; charset=UTF-8");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .contains("default-src 'none'", "script-src 'self'", "connect-src 'self'");
    Matcher matcher = LOADED.matcher(page.body());
    int loaded = 0;
    while (matcher.find()) {
      assertThat(matcher.group(1)).startsWith("/").doesNotStartWith("//");
      assertThat(get(matcher.group(1)).statusCode()).as(matcher.group(1)).isEqualTo(200);
      loaded++;
    }
    assertThat(loaded).isGreaterThanOrEqualTo(4);
    assertThat(get("/docs/docs.js").body()).contains("'/openapi.json'").doesNotContain("http");
  }

  @Test
  void the_viewer_comes_from_the_class_path_and_may_be_kept() {
    String base = "/docs/" + DocsAssets.load().version() + '/';
    var script = get(base + "swagger-ui-bundle.js");
    assertThat(type(script)).startsWith("application/javascript");
    assertThat(script.body()).contains("SwaggerUIBundle");
    assertThat(script.headers().firstValue("Cache-Control").orElseThrow()).contains("immutable");
    assertThat(type(get(base + "swagger-ui.css"))).startsWith("text/css");
    assertThat(get(base + "index.html").statusCode()).isEqualTo(404);
    assertThat(get(base + "..%2F..%2Fpom.xml").statusCode()).isEqualTo(404);
  }

  @Test
  void every_page_of_a_problem_is_rendered() throws Exception {
    for (String slug : slugsWithAPage()) {
      var page = get("/problems/" + slug);
      assertThat(page.statusCode()).as(slug).isEqualTo(200);
      assertThat(type(page)).isEqualTo("text/html; charset=UTF-8");
      assertThat(page.body())
          .contains("<title>" + slug, "<h1>", "<h2>When</h2>", "<pre><code")
          .doesNotContain("{{");
    }
  }

  @Test
  void every_page_is_of_a_type_that_there_is_and_has_its_title() throws Exception {
    List<String> slugs = slugsWithAPage();
    assertThat(Arrays.stream(ProblemType.values()).map(ProblemType::slug)).containsAll(slugs);
    for (ProblemType type : ProblemType.values()) {
      if (slugs.contains(type.slug())) {
        assertThat(Resources.text("problems/" + type.slug() + ".md"))
            .startsWith("# " + type.title() + "\n")
            .contains("`" + type.status() + "`");
      }
    }
  }

  @Test
  void the_problems_are_listed() throws Exception {
    String index = get("/problems").body();
    for (String slug : slugsWithAPage()) {
      assertThat(index).contains("<a href=\"/problems/" + slug + "\">");
    }
  }

  @Test
  void a_problem_that_there_is_not_is_not_found() {
    assertThat(get("/problems/nonsense").statusCode()).isEqualTo(404);
    assertThat(get("/problems/..%2Fopenapi").statusCode()).isEqualTo(404);
  }
}
