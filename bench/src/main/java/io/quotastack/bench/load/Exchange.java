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
}
