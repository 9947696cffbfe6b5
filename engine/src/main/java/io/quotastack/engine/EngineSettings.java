package io.quotastack.engine;

import java.time.Duration;

/**
 * What an operator can set of the engine.
 *
 * @param askTimeout after so long without an answer the outcome is reported as unknown
 * @param maxWritesInFlight how many durable writes a node has under way at once; must be below the
 *     journal's queue
 */
public record EngineSettings(Duration askTimeout, int maxWritesInFlight) {
  /** What holds if nothing is set. */
  public static final EngineSettings DEFAULT = new EngineSettings(Duration.ofSeconds(10), 8_000);
}
