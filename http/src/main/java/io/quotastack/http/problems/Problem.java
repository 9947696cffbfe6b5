package io.quotastack.http.problems;

import io.quotastack.http.json.JsonWriter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Why a request was not carried out, as a client gets it: {@code application/problem+json} (RFC
 * 9457).
 *
 * @param type what kind of problem
 * @param detail what happened this time, for people
 * @param errors what is wrong with which part of the request; empty where that does not apply
 * @param members the problem's own members, of the kinds that {@link JsonWriter#value} writes
 * @param headers response headers that go with it, such as {@code Retry-After}
 */
public record Problem(
    ProblemType type,
    String detail,
    List<FieldError> errors,
    Map<String, @Nullable Object> members,
    Map<String, String> headers) {
  private static final Set<String> RESERVED =
      Set.of("type", "title", "status", "detail", "instance", "errors");

  /** Copies the collections, keeping the members' order. */
  public Problem {
    errors = List.copyOf(errors);
    members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
  }

  /** A problem of that type. */
  public static Problem of(ProblemType type, String detail) {
    return new Problem(type, detail, List.of(), Map.of(), Map.of());
  }

  /** A request with one thing wrong. */
  public static Problem invalidRequest(String pointer, String detail) {
    return invalidRequest(List.of(new FieldError(pointer, detail)));
  }

  /** A request with these things wrong. */
  public static Problem invalidRequest(List<FieldError> errors) {
    return withErrors(ProblemType.INVALID_REQUEST, errors);
  }

  /** A problem of that type whose detail is its errors, told in {@code errors} one by one. */
  public static Problem withErrors(ProblemType type, List<FieldError> errors) {
    FieldError first = errors.getFirst();
    String rest = errors.size() == 1 ? "" : " (and " + (errors.size() - 1) + " more: see errors)";
    String where = first.pointer().isEmpty() ? "the body" : first.pointer();
    return new Problem(type, where + ": " + first.detail() + rest, errors, Map.of(), Map.of());
  }

  /** This problem with errors that point into a part of a body, told from the whole of it. */
  public Problem under(String pointer) {
    if (errors.isEmpty()) {
      return this;
    }
    Problem moved =
        withErrors(
            type,
            errors.stream()
                .map(error -> new FieldError(pointer + error.pointer(), error.detail()))
                .toList());
    return new Problem(type, moved.detail(), moved.errors(), members, headers);
  }

  /** A body that is no JSON. */
  public static Problem malformedJson(String detail) {
    return of(ProblemType.MALFORMED_JSON, detail);
  }

  /** An API key that is missing or wrong; which of the two is not told. */
  public static Problem unauthenticated() {
    return of(
            ProblemType.UNAUTHENTICATED,
            "Send a valid API key in the X-API-Key header: qs_live_... or qs_test_...")
        .withHeader("WWW-Authenticate", "ApiKey");
  }

  /** A debit that the customer cannot pay; all three in mc. */
  public static Problem insufficientCredits(long requiredMc, long availableMc) {
    return of(
            ProblemType.INSUFFICIENT_CREDITS,
            "This needs "
                + requiredMc
                + " mc and the customer has "
                + availableMc
                + " mc to spend.")
        .with("required", requiredMc)
        .with("available", availableMc)
        .with("shortfall", requiredMc - availableMc);
  }

  /** An address at which nothing is. */
  public static Problem notFound() {
    return of(ProblemType.NOT_FOUND, "There is nothing at this address.");
  }

  /** Something named that is not there, such as "There is no ledger entry 'led_...'.". */
  public static Problem notFound(String detail) {
    return of(ProblemType.NOT_FOUND, detail);
  }

  /** A customer that is not there. */
  public static Problem customerNotFound() {
    return of(
        ProblemType.CUSTOMER_NOT_FOUND,
        "There is no customer of this id in the environment of this API key.");
  }

  /**
   * A method that an address does not take.
   *
   * @param allowed those that it takes, as in the Allow header
   */
  public static Problem methodNotAllowed(String method, String allowed) {
    return of(
            ProblemType.METHOD_NOT_ALLOWED,
            "This address does not take " + method + ", but " + allowed + ".")
        .withHeader("Allow", allowed);
  }

  /** A body of more bytes than the API reads. */
  public static Problem bodyTooLarge(long limitBytes) {
    return of(ProblemType.BODY_TOO_LARGE, "The body may have at most " + limitBytes + " bytes.");
  }

  /** A body that is not declared as JSON. */
  public static Problem unsupportedMediaType(String detail) {
    return of(ProblemType.UNSUPPORTED_MEDIA_TYPE, detail);
  }

  /** A fault of ours, of which a client learns nothing but the request's id. */
  public static Problem internal() {
    return of(
        ProblemType.INTERNAL,
        "The request could not be answered. If it was to change something, retry it with the same"
            + " Idempotency-Key: it will not be done twice.");
  }

  /** More work at hand than can be taken in. Nothing was done. */
  public static Problem overloaded(int retryAfterSeconds) {
    return of(ProblemType.OVERLOADED, "Nothing was done; try again in a moment.")
        .withHeader("Retry-After", Integer.toString(retryAfterSeconds));
  }

  /** A storage that does not answer. Whether a change was made is not known. */
  public static Problem storageUnavailable(int retryAfterSeconds) {
    return of(
            ProblemType.STORAGE_UNAVAILABLE,
            "The storage does not answer; retry with the same Idempotency-Key.")
        .withHeader("Retry-After", Integer.toString(retryAfterSeconds));
  }

  /** No answer in time. Whether a change was made is not known. */
  public static Problem timeout() {
    return of(
        ProblemType.TIMEOUT,
        "There was no answer in time and the outcome is not known; retry with the same"
            + " Idempotency-Key to find out.");
  }

  /**
   * This problem and one member more.
   *
   * @param value of a kind that {@link JsonWriter#value} writes
   * @throws IllegalArgumentException if every problem has a member of this name
   */
  public Problem with(String member, @Nullable Object value) {
    if (RESERVED.contains(member)) {
      throw new IllegalArgumentException(member + " is a member of every problem");
    }
    var more = new LinkedHashMap<String, @Nullable Object>(members);
    more.put(member, value);
    return new Problem(type, detail, errors, more, headers);
  }

  /** This problem and one more member, which is an object. */
  public Problem withObject(String member, JsonWriter.Members value) {
    return with(member, value);
  }

  /** This problem and one response header more. */
  public Problem withHeader(String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Problem(type, detail, errors, members, more);
  }

  /** The exception that leaves a route with this problem as the answer. */
  public ProblemException asException() {
    return new ProblemException(this);
  }

  /** The JSON text. */
  public byte[] toJson(String requestId) {
    return JsonWriter.object(json -> writeMembers(json, requestId));
  }

  /**
   * Writes the members into an object that is open, as the results of a batch do.
   *
   * @param instance the id of the request, or null to leave it out
   */
  public void writeMembers(JsonWriter json, @Nullable String instance) {
    json.text("type", type.uri())
        .text("title", type.title())
        .number("status", type.status())
        .text("detail", encodable(detail));
    if (instance != null) {
      json.text("instance", instance);
    }
    if (!errors.isEmpty()) {
      json.objects(
          "errors",
          errors,
          (each, error) ->
              each.text("pointer", encodable(error.pointer()))
                  .text("detail", encodable(error.detail())));
    }
    members.forEach(json::value);
  }

  /** The text with lone surrogates replaced: a client's own bad names are told back in pointers. */
  private static String encodable(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        var clean = new StringBuilder(text.length());
        text.codePoints()
            .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xfffd : c)
            .forEach(clean::appendCodePoint);
        return clean.toString();
      }
    }
    return text;
  }
}
