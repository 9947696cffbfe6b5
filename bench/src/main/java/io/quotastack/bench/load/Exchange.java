package io.quotastack.bench.load;

import org.jspecify.annotations.Nullable;

/** One kind of request over HTTP and what makes its answer right. */
interface Exchange {
  RequestTemplate template();

  /** Called as the request leaves; what it returns comes back with the answer. */
  int leaving(int customer);

  /**
   * Says what is wrong with an answer, or null.
   *
   * @param atLeaving what {@link #leaving} returned for this request
   */
  @Nullable String fault(HttpAnswer answer, int customer, int atLeaving);

  /**
   * The second half of an operation of two requests, null if this one is all of it: it is sent on
   * the same connection, for the same customer, as soon as the first half has its right answer.
   */
  default @Nullable Exchange sequel() {
    return null;
  }

  /** What this request, as a second half, names of the first one's answer. */
  default byte[] name(HttpAnswer first) {
    return RequestTemplate.NO_NAME;
  }
}
