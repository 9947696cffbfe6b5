package io.quotastack.cluster.contract;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A path of the document, such as {@code /v1/customers/{customer_id}}, matched segment by segment
 * against the raw path of a request: an encoded slash stays inside its segment.
 *
 * @param text the path as the document writes it
 * @param segments its parts between slashes
 */
record PathTemplate(String text, List<String> segments) {

  static PathTemplate of(String text) {
    return new PathTemplate(text, List.of(text.split("/", -1)));
  }

  /** The decoded path parameters by name, or null when the path is not one of this template. */
  @Nullable Map<String, String> match(String rawPath) {
    List<String> parts = List.of(rawPath.split("/", -1));
    if (parts.size() != segments.size()) {
      return null;
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      String segment = segments.get(i);
      String part = parts.get(i);
      if (isParameter(segment)) {
        if (part.isEmpty()) {
          return null;
        }
        parameters.put(segment.substring(1, segment.length() - 1), decode(part));
      } else if (!segment.equals(part)) {
        return null;
      }
    }
    return parameters;
  }

  /** How many segments are parameters: where two templates match, the one with fewer is meant. */
  int parameterCount() {
    return (int) segments.stream().filter(PathTemplate::isParameter).count();
  }

  private static boolean isParameter(String segment) {
    return segment.startsWith("{") && segment.endsWith("}");
  }

  // URLDecoder is for forms, where a plus is a space; in a path it is a plus.
  private static String decode(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
