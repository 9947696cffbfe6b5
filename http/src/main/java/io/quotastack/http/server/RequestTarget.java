package io.quotastack.http.server;

import io.quotastack.http.input.PercentEncoding;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request is addressed to, exactly as it was sent: only so can an external id hold a slash
 * or be two dots.
 *
 * @param raw path and query as they were sent
 * @param segments the parts of the path between its slashes, decoded
 * @param rawQuery the query as it was sent; null if there is no question mark
 */
record RequestTarget(String raw, List<String> segments, @Nullable String rawQuery) {

  /**
   * Reads the target of a request line, in origin form or in absolute form.
   *
   * @throws ProblemException if a part of the path cannot be decoded
   */
  static RequestTarget parse(String sent) {
    String raw = originForm(sent);
    int question = raw.indexOf('?');
    int pathEnd = question < 0 ? raw.length() : question;
    var segments = new ArrayList<String>(8);
    int from = 1;
    while (from <= pathEnd) {
      int slash = raw.indexOf('/', from);
      int end = slash < 0 || slash > pathEnd ? pathEnd : slash;
      segments.add(decoded(raw.substring(from, end)));
      from = end + 1;
    }
    return new RequestTarget(raw, segments, question < 0 ? null : raw.substring(question + 1));
  }

  private static String decoded(String segment) {
    String text = PercentEncoding.decode(segment, false);
    if (text == null) {
      throw Problem.invalidRequest(
              "path", "has a percent-escape that is not valid UTF-8, in '" + segment + "'")
          .asException();
    }
    return text;
  }

  private static String originForm(String sent) {
    if (sent.startsWith("/")) {
      return sent;
    }
    int authority = sent.indexOf("://");
    int path = authority < 0 ? -1 : sent.indexOf('/', authority + 3);
    return path < 0 ? "/" : sent.substring(path);
  }
}
