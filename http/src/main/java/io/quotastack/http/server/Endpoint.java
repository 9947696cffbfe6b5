package io.quotastack.http.server;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** One method on one path, and what is asked of a request before its handler sees it. */
public final class Endpoint {

  /** Answers calls. May throw {@link io.quotastack.http.problems.ProblemException}. */
  @FunctionalInterface
  public interface Handler {
    /** The answer. A stage that is complete already goes out in the same thread. */
    CompletionStage<Reply> answer(Call call);
  }

  private final String method;
  private final List<String> parameterNames;
  private final Handler handler;
  private List<String> queryParameters = List.of();
  private boolean needsApiKey = true;
  private boolean needsIdempotencyKey;

  Endpoint(String method, List<String> parameterNames, Handler handler) {
    this.method = method;
    this.parameterNames = List.copyOf(parameterNames);
    this.handler = handler;
    this.needsIdempotencyKey =
        method.equals("POST") || method.equals("PATCH") || method.equals("DELETE");
  }

  /**
   * Names the query parameters that it takes; any other is refused. {@code name[]} stands for
   * {@code name[...]} with anything inside.
   */
  public Endpoint query(String... names) {
    this.queryParameters = List.of(names);
    return this;
  }

  /** Takes requests without an API key; their calls have no caller. */
  public Endpoint open() {
    this.needsApiKey = false;
    return this;
  }

  /** Takes requests without an idempotency key: for what changes nothing. */
  public Endpoint withoutIdempotencyKey() {
    this.needsIdempotencyKey = false;
    return this;
  }

  String method() {
    return method;
  }

  List<String> parameterNames() {
    return parameterNames;
  }

  List<String> queryParameters() {
    return queryParameters;
  }

  boolean needsApiKey() {
    return needsApiKey;
  }

  boolean needsIdempotencyKey() {
    return needsIdempotencyKey;
  }

  /** Whether a request to it may bring a body that the handler reads. */
  boolean readsBody() {
    return !method.equals("GET");
  }

  Handler handler() {
    return handler;
  }
}
