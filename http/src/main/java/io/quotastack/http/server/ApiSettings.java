package io.quotastack.http.server;

import java.time.Duration;
import java.time.InstantSource;

/**
 * How long the API waits, and its clock.
 *
 * @param bodyTimeout for the rest of a body whose beginning has come
 * @param requestTimeout from the head of a request to its answer; then a client is told that the
 *     outcome is not known. Longer than the body's and the engine's own together
 * @param clock for the ids of requests
 */
public record ApiSettings(Duration bodyTimeout, Duration requestTimeout, InstantSource clock) {

  /** 10 s for a body, 25 s in all. */
  public static ApiSettings defaults(InstantSource clock) {
    return new ApiSettings(Duration.ofSeconds(10), Duration.ofSeconds(25), clock);
  }
}
