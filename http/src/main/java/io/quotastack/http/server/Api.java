package io.quotastack.http.server;

import io.quotastack.http.authentication.ApiKey;
import io.quotastack.http.authentication.Authenticator;
import io.quotastack.http.authentication.Caller;
import io.quotastack.http.idempotency.IdempotencyKeys;
import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import io.quotastack.http.problems.ProblemType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes every request and answers it: finds its endpoint, asks who is calling, checks what each
 * endpoint asks for, collects the body, hands the {@link Call} over, and makes the response of the
 * reply. Whatever goes wrong becomes a problem; every response bears {@code X-Request-Id}.
 *
 * <p>What is wrong is found in this order: address (404), method (405), API key (401), idempotency
 * key (400), query (400), body (413, 415), and then what the endpoint finds.
 *
 * <p>As long as the stages of the authenticator and of the endpoint are complete when they are
 * returned, a request is answered in the thread that brought it, without a hop.
 */
public final class Api {
  static final String REQUEST_ID = "X-Request-Id";

  private static final Logger LOG = LoggerFactory.getLogger(Api.class);
  private static final byte[] NO_BODY = {};

  private final ActorSystem<?> system;
  private final Routes routes;
  private final Authenticator authenticator;
  private final Function<Throwable, @Nullable Problem> problems;
  private final ApiSettings settings;
  private final RequestIds requestIds;

  /**
   * The API of these routes.
   *
   * @param problems the answer to an exception of the engine, or null if it is a fault of ours
   */
  public Api(
      ActorSystem<?> system,
      Routes routes,
      Authenticator authenticator,
      Function<Throwable, @Nullable Problem> problems,
      ApiSettings settings) {
    this.system = system;
    this.routes = routes;
    this.authenticator = authenticator;
    this.problems = problems;
    this.settings = settings;
    this.requestIds = new RequestIds(settings.clock());
  }

  /**
   * What a connection does with its requests, to be bound with {@link ServerProtocol#settings}. So
   * many are under way at once as those settings allow; they are answered in their order.
   */
  public Flow<HttpRequest, HttpResponse, NotUsed> connection() {
    return Flow.of(HttpRequest.class)
        .mapAsync(ServerProtocol.settings(system).getPipeliningLimit(), this::handle)
        .map(this::response);
  }

  /** A reply and what it answers. */
  record Answer(Reply reply, HttpRequest request, String requestId) {}

  /** The answer to a request. Never fails. */
  CompletionStage<Answer> handle(HttpRequest request) {
    RequestHeaders headers = RequestHeaders.of(request);
    String requestId = requestIds.of(headers.requestId());
    CompletableFuture<Reply> reply;
    try {
      reply = answer(request, headers, requestId).toCompletableFuture();
    } catch (Exception | AssertionError | StackOverflowError e) {
      return CompletableFuture.completedFuture(
          new Answer(replyTo(e, request, requestId), request, requestId));
    }
    return reply.isDone() && !reply.isCompletedExceptionally()
        ? CompletableFuture.completedFuture(new Answer(reply.resultNow(), request, requestId))
        : withDeadline(reply, request, requestId);
  }

  private CompletionStage<Reply> answer(
      HttpRequest request, RequestHeaders headers, String requestId) {
    RequestTarget target = RequestTarget.parse(headers.target());
    String method = request.method().value();
    return switch (routes.match(method, target.segments())) {
      case Routes.Match.Nothing() -> throw Problem.notFound().asException();
      case Routes.Match.OtherMethods(String allowed) ->
          throw Problem.methodNotAllowed(method, allowed).asException();
      case Routes.Match.Found(Endpoint endpoint, List<String> parameters) -> {
        var arrival = new Arrival(request, headers, requestId, endpoint, target, parameters);
        yield endpoint.needsApiKey() ? authenticated(arrival) : admitted(arrival, null);
      }
    };
  }

  /** A request that has found its endpoint. */
  private record Arrival(
      HttpRequest request,
      RequestHeaders headers,
      String requestId,
      Endpoint endpoint,
      RequestTarget target,
      List<String> parameters) {}

  private CompletionStage<Reply> authenticated(Arrival arrival) {
    String text = arrival.headers().apiKey();
    ApiKey key = text == null ? null : ApiKey.parse(text);
    if (key == null) {
      throw Problem.unauthenticated().asException();
    }
    CompletableFuture<Optional<Caller>> caller =
        authenticator.authenticate(key).toCompletableFuture();
    return caller.isDone() && !caller.isCompletedExceptionally()
        ? known(arrival, caller.resultNow())
        : caller.thenCompose(it -> known(arrival, it));
  }

  private CompletionStage<Reply> known(Arrival arrival, Optional<Caller> caller) {
    if (caller.isEmpty()) {
      throw Problem.unauthenticated().asException();
    }
    return admitted(arrival, caller.get());
  }

  private CompletionStage<Reply> admitted(Arrival arrival, @Nullable Caller caller) {
    Endpoint endpoint = arrival.endpoint();
    String idempotencyKey =
        endpoint.needsIdempotencyKey() ? checkedKey(arrival.headers().idempotencyKey()) : null;
    QueryParameters query =
        QueryParameters.parse(arrival.target().rawQuery(), endpoint.queryParameters());
    RequestEntity entity = arrival.request().entity();
    if (!endpoint.readsBody()) {
      entity.discardBytes(system);
      return handled(arrival, query, idempotencyKey, caller, NO_BODY);
    }
    if (entity instanceof HttpEntity.Strict strict) {
      byte[] body = checkedBody(strict, arrival.headers());
      return handled(arrival, query, idempotencyKey, caller, body);
    }
    return collected(entity, arrival.headers())
        .thenCompose(body -> handled(arrival, query, idempotencyKey, caller, body));
  }

  private static CompletionStage<Reply> handled(
      Arrival arrival,
      QueryParameters query,
      @Nullable String idempotencyKey,
      @Nullable Caller caller,
      byte[] body) {
    var call =
        new Call(
            arrival.requestId(),
            arrival.endpoint(),
            arrival.target(),
            arrival.parameters(),
            query,
            idempotencyKey,
            caller,
            body);
    return arrival.endpoint().handler().answer(call);
  }

  private static String checkedKey(@Nullable String key) {
    if (key == null) {
      throw Problem.of(
              ProblemType.IDEMPOTENCY_KEY,
              "Send an Idempotency-Key header with every POST, PATCH and DELETE.")
          .asException();
    }
    if (!IdempotencyKeys.isValid(key)) {
      throw Problem.of(
              ProblemType.IDEMPOTENCY_KEY,
              "The Idempotency-Key must be one header of 1 to 255 printable ASCII characters.")
          .asException();
    }
    return key;
  }

  private static byte[] checkedBody(HttpEntity.Strict entity, RequestHeaders headers) {
    int length = entity.getData().length();
    if (length == 0) {
      return NO_BODY;
    }
    checkDeclaration(entity, headers, length);
    return entity.getData().toArrayUnsafe();
  }

  /** The bytes of a body that has not come in whole with the head of its request. */
  private CompletionStage<byte[]> collected(RequestEntity entity, RequestHeaders headers) {
    try {
      checkDeclaration(entity, headers, entity.getContentLengthOption().orElse(0));
    } catch (ProblemException e) {
      if (headers.awaitsContinue()) {
        throw e;
      }
      return BodyCollector.collect(entity, settings.bodyTimeout(), system)
          .handle((_, _) -> {
            throw e;
          });
    }
    return BodyCollector.collect(entity, settings.bodyTimeout(), system);
  }

  private static void checkDeclaration(
      RequestEntity entity, RequestHeaders headers, long lengthBytes) {
    if (lengthBytes > ServerProtocol.BODY_LIMIT_BYTES) {
      throw Problem.bodyTooLarge(ServerProtocol.BODY_LIMIT_BYTES).asException();
    }
    if (!JsonTypes.isJson(entity.getContentType())) {
      throw Problem.unsupportedMediaType(
              "The body must be declared as Content-Type: application/json, in UTF-8.")
          .asException();
    }
    String encoding = headers.contentEncoding();
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw Problem.unsupportedMediaType("The body must be sent without a Content-Encoding.")
          .asException();
    }
  }

  private CompletionStage<Answer> withDeadline(
      CompletableFuture<Reply> reply, HttpRequest request, String requestId) {
    var answer = new CompletableFuture<Answer>();
    Cancellable deadline =
        system
            .scheduler()
            .scheduleOnce(
                settings.requestTimeout(),
                () -> {
                  if (answer.complete(
                      new Answer(Reply.of(Problem.timeout(), requestId), request, requestId))) {
                    LOG.warn("Request {} was not answered in time: {}", requestId, line(request));
                  }
                },
                system.executionContext());
    var _ =
        reply.whenComplete((value, fault) -> {
          deadline.cancel();
          answer.complete(
              new Answer(
                  fault == null ? value : replyTo(fault, request, requestId), request, requestId));
        });
    return answer;
  }

  private Reply replyTo(Throwable fault, HttpRequest request, String requestId) {
    Throwable cause = causeOf(fault);
    Problem problem =
        cause instanceof ProblemException known ? known.problem() : problems.apply(cause);
    if (problem == null && cause instanceof TimeoutException) {
      problem = Problem.timeout();
    }
    if (problem == null) {
      LOG.error("Request {} failed: {}", requestId, line(request), cause);
      problem = Problem.internal();
    }
    return Reply.of(problem, requestId);
  }

  private static Throwable causeOf(Throwable fault) {
    Throwable cause = fault.getCause();
    return fault instanceof CompletionException && cause != null ? cause : fault;
  }

  /** The request for a log: its query and its headers may hold what is not for logs. */
  private static String line(HttpRequest request) {
    return request.method().value() + ' ' + request.getUri().getPathString();
  }

  /** The response that an answer is. */
  HttpResponse response(Answer answer) {
    try {
      return response(answer.reply(), answer.requestId());
    } catch (RuntimeException e) {
      return response(replyTo(e, answer.request(), answer.requestId()), answer.requestId());
    }
  }

  private static HttpResponse response(Reply reply, String requestId) {
    var headers = new ArrayList<HttpHeader>(2);
    headers.add(RawHeader.create(REQUEST_ID, requestId));
    for (Map.Entry<String, String> header : reply.headers().entrySet()) {
      headers.add(RawHeader.create(header.getKey(), header.getValue()));
    }
    return HttpResponse.create()
        .withStatus(reply.status())
        .addHeaders(headers)
        .withEntity(entity(reply));
  }

  private static ResponseEntity entity(Reply reply) {
    return switch (reply.body()) {
      case Reply.Body.Whole(Supplier<ByteString> bytes) ->
          HttpEntities.create(reply.contentType(), bytes.get());
      case Reply.Body.Streamed(Source<ByteString, ?> pieces) ->
          HttpEntities.createChunked(reply.contentType(), pieces);
    };
  }
}
