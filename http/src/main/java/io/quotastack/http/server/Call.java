package io.quotastack.http.server;

import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.http.authentication.Caller;
import io.quotastack.http.idempotency.RequestFingerprint;
import io.quotastack.http.input.JsonBody;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.problems.ProblemException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One request on its way to the endpoint that answers it, and all that the endpoint may ask it. */
public final class Call {
  private final String requestId;
  private final Endpoint endpoint;
  private final RequestTarget target;
  private final List<String> parameters;
  private final QueryParameters query;
  private final @Nullable String idempotencyKey;
  private final @Nullable Caller caller;
  private final byte[] body;

  Call(
      String requestId,
      Endpoint endpoint,
      RequestTarget target,
      List<String> parameters,
      QueryParameters query,
      @Nullable String idempotencyKey,
      @Nullable Caller caller,
      byte[] body) {
    this.requestId = requestId;
    this.endpoint = endpoint;
    this.target = target;
    this.parameters = parameters;
    this.query = query;
    this.idempotencyKey = idempotencyKey;
    this.caller = caller;
    this.body = body;
  }

  /** The id under which this request is found in the response and in logs. */
  public String requestId() {
    return requestId;
  }

  /**
   * Who is calling.
   *
   * @throws IllegalStateException if the endpoint is open to all
   */
  public Caller caller() {
    if (caller == null) {
      throw new IllegalStateException("an open endpoint knows no caller");
    }
    return caller;
  }

  /**
   * The part of the path that stands for that name in braces, decoded.
   *
   * @throws IllegalArgumentException if the endpoint's path has no such name
   */
  public String path(String name) {
    String value = pathOrNull(name);
    if (value == null) {
      throw new IllegalArgumentException("the path has no {" + name + "}");
    }
    return value;
  }

  /** The part of the path that stands for that name in braces; null if the path has none. */
  public @Nullable String pathOrNull(String name) {
    int at = endpoint.parameterNames().indexOf(name);
    return at < 0 ? null : parameters.get(at);
  }

  /** The query's parameters: only such as the endpoint declared. */
  public QueryParameters query() {
    return query;
  }

  /**
   * The body, which must be a JSON object.
   *
   * @throws ProblemException if it is not
   */
  public JsonFields body() {
    return JsonBody.parse(body);
  }

  /**
   * The body, which may be left out.
   *
   * @throws ProblemException if there is one that is no JSON object
   */
  public JsonFields optionalBody() {
    return JsonBody.parseOptional(body);
  }

  /**
   * The idempotency key and the fingerprint of the whole request.
   *
   * @throws IllegalStateException if the endpoint does not need a key
   */
  public RequestKey requestKey() {
    if (idempotencyKey == null) {
      throw new IllegalStateException("this endpoint takes no idempotency key");
    }
    return new RequestKey(
        idempotencyKey, RequestFingerprint.of(endpoint.method(), target.raw(), body));
  }
}
