package io.quotastack.http.server;

import io.quotastack.http.json.JsonWriter;
import io.quotastack.http.problems.Problem;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * What an endpoint answers: everything but the headers that every response bears.
 *
 * <p>The thread that has the answer is often an actor's, which others wait for: so the JSON is not
 * written when the reply is made but when the connection that it goes to asks for it.
 *
 * @param status the HTTP status
 * @param contentType what the body is
 * @param body the body
 * @param headers further headers
 */
public record Reply(int status, ContentType contentType, Body body, Map<String, String> headers) {
  private static final String REPLAYED = "X-Idempotent-Replayed";

  /** What the body is made of. */
  public sealed interface Body {
    /**
     * All of it at once.
     *
     * @param bytes writes it; called once
     */
    record Whole(Supplier<ByteString> bytes) implements Body {}

    /**
     * Piece by piece, each made only when the client has taken the ones before. If it fails, the
     * connection breaks: no client takes what it has until then for all. It may be thrown away
     * without ever being asked for anything, when the client is gone before or wants the head only.
     */
    record Streamed(Source<ByteString, ?> pieces) implements Body {}
  }

  /** 200 with an object of these members. */
  public static Reply ok(JsonWriter.Members members) {
    return json(200, members);
  }

  /** 201 with an object of these members. */
  public static Reply created(JsonWriter.Members members) {
    return json(201, members);
  }

  private static Reply json(int status, JsonWriter.Members members) {
    return new Reply(
        status,
        ContentTypes.APPLICATION_JSON,
        new Body.Whole(() -> ByteString.fromArrayUnsafe(JsonWriter.object(members))),
        Map.of());
  }

  /** That status with JSON that is written already. */
  public static Reply json(int status, byte[] json) {
    return bytes(status, ContentTypes.APPLICATION_JSON, json);
  }

  /** That status with a body of any type. The bytes must not change afterwards. */
  public static Reply bytes(int status, ContentType contentType, byte[] body) {
    return new Reply(
        status, contentType, new Body.Whole(() -> ByteString.fromArrayUnsafe(body)), Map.of());
  }

  /** 200 with a body that is made while it is sent; see {@link Body.Streamed}. */
  public static Reply streamed(ContentType contentType, Source<ByteString, ?> pieces) {
    return new Reply(200, contentType, new Body.Streamed(pieces), Map.of());
  }

  /** The answer that a problem is. */
  static Reply of(Problem problem, String requestId) {
    return new Reply(
        problem.type().status(),
        JsonTypes.PROBLEM,
        new Body.Whole(() -> ByteString.fromArrayUnsafe(problem.toJson(requestId))),
        problem.headers());
  }

  /** This reply, marked as the answer given before to the same request if it is one. */
  public Reply replayed(boolean replayed) {
    return replayed ? withHeader(REPLAYED, "true") : this;
  }

  /** This reply with one header more. */
  public Reply withHeader(String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Reply(status, contentType, body, more);
  }

  /** This reply as a stage that is complete: for endpoints that need not wait for anything. */
  public CompletionStage<Reply> now() {
    return CompletableFuture.completedFuture(this);
  }
}
