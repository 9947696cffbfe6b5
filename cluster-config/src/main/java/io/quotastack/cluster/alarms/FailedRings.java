package io.quotastack.cluster.alarms;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of rings that failed, many in one line: when customers cannot be reached it is often
 * thousands, and each is rung again anyway.
 */
final class FailedRings {
  private static final Logger LOG = LoggerFactory.getLogger(FailedRings.class);
  private static final long PAUSE_NANOS = Duration.ofSeconds(30).toNanos();

  private long untold;
  private long nextNanos = System.nanoTime();

  /**
   * One more.
   *
   * @param failures how often this alarm has failed now
   */
  synchronized void add(String alarm, int failures, String reason) {
    untold++;
    long now = System.nanoTime();
    if (now - nextNanos < 0) {
      return;
    }
    LOG.warn(
        "{} alarms could not be rung and will be again; the last, failed {} times, is {}: {}",
        untold,
        failures,
        alarm,
        reason);
    untold = 0;
    nextNanos = now + PAUSE_NANOS;
  }
}
