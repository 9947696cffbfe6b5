package io.quotastack.http.server;

import io.quotastack.http.json.JsonWriter;
import java.time.InstantSource;
import java.util.List;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;
import org.apache.pekko.util.ByteString;

/**
 * Answers what is no HTTP request and so never becomes a call, such as a request line that cannot
 * be read or a header that is too long. It has no kind of ours: its type is {@code about:blank},
 * which says that the status tells all (RFC 9457 section 4.2.1). Made by Pekko HTTP, by its name in
 * {@code server.conf}.
 */
public final class ParsingProblems extends ParsingErrorHandler {
  private final RequestIds requestIds = new RequestIds(InstantSource.system());

  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
    String requestId = requestIds.next();
    log.debug("Request {} is no HTTP: {}", requestId, error.summary());
    byte[] body =
        JsonWriter.object(json ->
            json.text("type", "about:blank")
                .text("title", status.reason())
                .number("status", status.intValue())
                .text("detail", visible(error.summary()))
                .text("instance", requestId));
    return HttpResponse.create()
        .withStatus(status.intValue())
        .addHeaders(List.of(RawHeader.create(Api.REQUEST_ID, requestId)))
        .withEntity(HttpEntities.create(JsonTypes.PROBLEM, ByteString.fromArrayUnsafe(body)));
  }

  /** What could not be parsed may hold anything: only visible ASCII of it is told. */
  private static String visible(String summary) {
    var text = new StringBuilder(summary.length());
    summary
        .codePoints()
        .limit(200)
        .map(c -> c >= ' ' && c <= '~' ? c : '?')
        .forEach(text::appendCodePoint);
    return text.toString();
  }
}
