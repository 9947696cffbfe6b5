package io.quotastack.bench.load;

/**
 * The timetable of an open loop: when each arrival is meant to leave, whatever the server does.
 *
 * <p>A latency counted from the intended instant holds the time that a request waited for its turn
 * behind a slow one. That is what corrects the figures for coordinated omission: a server that
 * stalls for 100 ms is charged for every request that should have been served meanwhile, not for
 * one.
 */
public record ArrivalSchedule(long startNanos, double ratePerSecond) {
  public ArrivalSchedule {
    if (!(ratePerSecond > 0)) {
      throw new IllegalArgumentException("a rate is above 0, not " + ratePerSecond);
    }
  }

  /** The instant, on the clock of {@link System#nanoTime()}, at which this arrival is to leave. */
  public long intendedNanos(long arrival) {
    return startNanos + (long) (arrival * 1_000_000_000.0 / ratePerSecond);
  }
}
