package io.quotastack.http.pages;

import io.quotastack.http.server.Reply;
import java.nio.charset.StandardCharsets;
import org.apache.pekko.http.javadsl.model.ContentTypes;

/**
 * A page of HTML that needs nothing from elsewhere. Its security policy makes sure of that: a
 * browser loads nothing that does not come from the node itself.
 */
final class HtmlPage {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
          + " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self';"
          + " frame-ancestors 'none'";

  private HtmlPage() {}

  /** The reply that shows this HTML. */
  static Reply reply(String html) {
    return Reply.bytes(200, ContentTypes.TEXT_HTML_UTF8, html.getBytes(StandardCharsets.UTF_8))
        .withHeader("Content-Security-Policy", POLICY)
        .withHeader("X-Content-Type-Options", "nosniff")
        .withHeader("Cache-Control", "no-cache");
  }
}
