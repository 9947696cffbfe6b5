package io.quotastack.http.server;

import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * The request headers that the API looks at, found in one pass. One that must not be repeated and
 * is stands here as the empty string, which is valid for none of them.
 *
 * @param target the request target as it was sent
 * @param requestId {@code X-Request-Id}
 * @param apiKey {@code X-API-Key}
 * @param idempotencyKey {@code Idempotency-Key}
 * @param contentEncoding {@code Content-Encoding}
 * @param awaitsContinue {@code Expect: 100-continue}: the body comes only if it is asked for
 */
record RequestHeaders(
    String target,
    @Nullable String requestId,
    @Nullable String apiKey,
    @Nullable String idempotencyKey,
    @Nullable String contentEncoding,
    boolean awaitsContinue) {
  private static final String REPEATED = "";

  static RequestHeaders of(HttpRequest request) {
    String target = null;
    String requestId = null;
    String apiKey = null;
    String idempotencyKey = null;
    String contentEncoding = null;
    boolean awaitsContinue = false;
    for (HttpHeader header : request.getHeaders()) {
      switch (header.lowercaseName()) {
        case "raw-request-uri" -> target = header.value();
        case "x-request-id" -> requestId = once(requestId, header);
        case "x-api-key" -> apiKey = once(apiKey, header);
        case "idempotency-key" -> idempotencyKey = once(idempotencyKey, header);
        case "expect" -> awaitsContinue = true;
        case "content-encoding" -> contentEncoding = header.value();
        default -> {
          // not ours to look at
        }
      }
    }
    return new RequestHeaders(
        target == null ? request.getUri().toRelative().toString() : target,
        requestId,
        apiKey,
        idempotencyKey,
        contentEncoding,
        awaitsContinue);
  }

  private static String once(@Nullable String before, HttpHeader header) {
    return before == null ? header.value() : REPEATED;
  }
}
