package io.quotastack.http.pages;

import io.quotastack.http.problems.ProblemType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;
import org.jspecify.annotations.Nullable;

/**
 * The pages of the problem types, rendered once from the Markdown that comes with the program. A
 * type that no endpoint answers yet has none.
 */
final class ProblemPages {
  private static final String FRAME = "io/quotastack/http/pages/problem.html";
  private static final List<Extension> EXTENSIONS = List.of(TablesExtension.create());

  private final Map<String, String> pages = new HashMap<>();
  private final String index;

  private ProblemPages() {
    String frame = Resources.text(FRAME);
    Parser parser = Parser.builder().extensions(EXTENSIONS).build();
    HtmlRenderer renderer = HtmlRenderer.builder().extensions(EXTENSIONS).build();
    var rows = new StringBuilder("# Problems\n\n| Status | Type | |\n|---|---|---|\n");
    for (ProblemType type : ProblemType.values()) {
      String resource = "problems/" + type.slug() + ".md";
      if (!Resources.has(resource)) {
        continue;
      }
      String markdown = Resources.text(resource);
      pages.put(type.slug(), framed(frame, type.slug(), renderer.render(parser.parse(markdown))));
      rows.append(
          "| %d | [%s](%s) | %s |%n"
              .formatted(type.status(), type.slug(), type.uri(), type.title()));
    }
    index = framed(frame, "Problems", renderer.render(parser.parse(rows.toString())));
  }

  /** Renders all pages. */
  static ProblemPages load() {
    return new ProblemPages();
  }

  /** The page of the problem type with that slug, or null if there is none. */
  @Nullable String page(String slug) {
    return pages.get(slug);
  }

  /** The page that lists all problem types. */
  String index() {
    return index;
  }

  private static String framed(String frame, String title, String body) {
    return frame.replace("{{title}}", title).replace("{{body}}", body);
  }
}
