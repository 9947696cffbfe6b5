package io.quotastack.http.pages;

import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.MediaTypes;

/**
 * What people read in a browser, open to all: {@code /openapi.yaml}, {@code /openapi.json}, {@code
 * /docs}, {@code /problems} and a page per problem. Everything is made once, at start.
 */
public final class PageRoutes {
  private static final String DOCS = "io/quotastack/http/pages/docs.html";
  private static final String DOCS_SCRIPT = "io/quotastack/http/pages/docs.js";
  private static final String FOR_EVER = "public, max-age=31536000, immutable";
  private static final ContentType YAML =
      ContentTypes.create(
          MediaTypes.customWithFixedCharset(
              "application", "yaml", HttpCharsets.UTF_8, Map.of(), false));
  private static final ContentType SCRIPT =
      ContentTypes.create(MediaTypes.APPLICATION_JAVASCRIPT, HttpCharsets.UTF_8);
  private static final ContentType STYLE =
      ContentTypes.create(MediaTypes.TEXT_CSS, HttpCharsets.UTF_8);
  private static final ContentType PNG = ContentTypes.create(MediaTypes.IMAGE_PNG);
  private final ApiDocument document;
  private final ProblemPages problems;
  private final DocsAssets assets;

  private PageRoutes(ApiDocument document, ProblemPages problems, DocsAssets assets) {
    this.document = document;
    this.problems = problems;
    this.assets = assets;
  }

  /**
   * The pages that come with the program.
   *
   * @throws IllegalStateException if one is missing
   */
  public static PageRoutes load() {
    return new PageRoutes(ApiDocument.load(), ProblemPages.load(), DocsAssets.load());
  }

  /** Adds the pages to the table. */
  public void addTo(Routes routes) {
    add(routes, "/openapi.yaml", Reply.bytes(200, YAML, utf8(document.yaml())));
    add(routes, "/openapi.json", Reply.json(200, utf8(document.json())));
    addDocs(routes);
    add(routes, "/problems", HtmlPage.reply(problems.index()));
    routes.get("/problems/{slug}", this::problem).open();
  }

  private void addDocs(Routes routes) {
    String base = "/docs/" + assets.version();
    add(routes, "/docs", HtmlPage.reply(Resources.text(DOCS).replace("{{assets}}", base)));
    add(
        routes,
        "/docs/docs.js",
        Reply.bytes(200, SCRIPT, Resources.bytes(DOCS_SCRIPT))
            .withHeader("Cache-Control", "no-cache"));
    addAsset(routes, base, "swagger-ui-bundle.js", SCRIPT);
    addAsset(routes, base, "swagger-ui.css", STYLE);
    addAsset(routes, base, "favicon-32x32.png", PNG);
  }

  private void addAsset(Routes routes, String base, String name, ContentType type) {
    add(
        routes,
        base + '/' + name,
        Reply.bytes(200, type, assets.file(name)).withHeader("Cache-Control", FOR_EVER));
  }

  private CompletionStage<Reply> problem(Call call) {
    String page = problems.page(call.path("slug"));
    if (page == null) {
      throw Problem.notFound("There is no problem type of this name; /problems lists all.")
          .asException();
    }
    return HtmlPage.reply(page).now();
  }

  private static void add(Routes routes, String path, Reply reply) {
    CompletionStage<Reply> always = reply.now();
    routes.get(path, _ -> always).open();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
