package io.quotastack.http.server;

import java.util.Map;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharset;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.MediaTypes;

/** The media types of JSON: as requests declare it, and as problems are answered. */
final class JsonTypes {
  /** What problems are answered as. */
  static final ContentType PROBLEM =
      ContentTypes.create(
          MediaTypes.customWithFixedCharset(
              "application", "problem+json", HttpCharsets.UTF_8, Map.of(), false));

  /**
   * JSON as requests declare it. Pekko's own type has UTF-8 built in and forgets what the client
   * wrote; this one keeps the charset, so that another can be refused.
   */
  static final MediaType.WithOpenCharset DECLARED =
      MediaTypes.customWithOpenCharset("application", "json", Map.of(), false);

  private JsonTypes() {}

  /** Whether a body declared so is JSON in UTF-8. */
  static boolean isJson(ContentType type) {
    MediaType media = type.mediaType();
    if (!media.mainType().equals("application") || !media.subType().equals("json")) {
      return false;
    }
    Optional<HttpCharset> charset = type.getCharsetOption();
    return charset.isEmpty() || charset.get().equals(HttpCharsets.UTF_8);
  }
}
