package io.quotastack.http.problems;

/**
 * Every kind of problem that the API answers. The slug is what clients switch on and never changes;
 * {@code /problems/<slug>} is a page that tells what to do.
 */
public enum ProblemType {
  INVALID_REQUEST(400, "invalid_request", "The request is not valid"),
  CUSTOMER_IDENTIFIER(400, "customer_identifier", "Name the customer in exactly one way"),
  IDEMPOTENCY_KEY(400, "idempotency_key", "The Idempotency-Key is missing or not valid"),
  MALFORMED_JSON(400, "malformed_json", "The body is not JSON"),
  UNAUTHENTICATED(401, "unauthenticated", "The API key is missing or not valid"),
  INSUFFICIENT_CREDITS(402, "insufficient_credits", "The customer does not have enough credits"),
  MISSING_SCOPE(403, "missing_scope", "The API key lacks a scope"),
  WRONG_ENVIRONMENT(403, "wrong_environment", "Not available in this environment"),
  NOT_FOUND(404, "not_found", "There is nothing at this address"),
  CUSTOMER_NOT_FOUND(404, "customer_not_found", "There is no such customer"),
  METHOD_NOT_ALLOWED(405, "method_not_allowed", "This address does not take that method"),
  CUSTOMER_EXISTS(409, "customer_exists", "The customer exists already"),
  RESERVATION_CLOSED(409, "reservation_closed", "The reservation is closed"),
  RESERVATION_EXPIRED(409, "reservation_expired", "The reservation has expired"),
  PAYMENT_CONFLICT(409, "payment_conflict", "The payment was granted with other terms"),
  SUBSCRIPTION_STATE(409, "subscription_state", "The subscription's state does not allow this"),
  SUBSCRIPTION_EXISTS(409, "subscription_exists", "The customer has a live subscription already"),
  ALREADY_EXISTS(409, "already_exists", "It exists already"),
  BODY_TOO_LARGE(413, "body_too_large", "The body is too large"),
  UNSUPPORTED_MEDIA_TYPE(415, "unsupported_media_type", "The body must be application/json"),
  IDEMPOTENCY_KEY_REUSED(
      422, "idempotency_key_reused", "The Idempotency-Key was used for another request"),
  NO_METERING_RULE(422, "no_metering_rule", "The metric has no active metering rule"),
  NO_PRICE(422, "no_price", "The metering rule has no price for this usage"),
  AMOUNT_OUT_OF_RANGE(422, "amount_out_of_range", "An amount is out of range"),
  TIMESTAMP_OUT_OF_RANGE(422, "timestamp_out_of_range", "The timestamp is out of range"),
  RATE_LIMITED(429, "rate_limited", "Too many requests"),
  INTERNAL(500, "internal", "Something went wrong on our side"),
  OVERLOADED(503, "overloaded", "Too much is going on right now"),
  STORAGE_UNAVAILABLE(503, "storage_unavailable", "The storage does not answer"),
  TIMEOUT(504, "timeout", "The outcome is not known");

  private final int status;
  private final String slug;
  private final String title;

  ProblemType(int status, String slug, String title) {
    this.status = status;
    this.slug = slug;
    this.title = title;
  }

  /** The HTTP status that it is answered with. */
  public int status() {
    return status;
  }

  /** The last part of its URI. */
  public String slug() {
    return slug;
  }

  /** What it is, in a few words that are the same each time. */
  public String title() {
    return title;
  }

  /** Its URI, relative to the node that answers: the path of its page. */
  public String uri() {
    return "/problems/" + slug;
  }
}
