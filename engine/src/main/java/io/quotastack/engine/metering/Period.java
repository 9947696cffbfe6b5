package io.quotastack.engine.metering;

import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;

/**
 * A stretch of a calendar over which units are counted.
 *
 * @param start its first instant
 * @param end the first instant after it
 */
public record Period(Instant start, Instant end) {
  /** The calendar month in that zone in which that instant lies. */
  public static Period month(Instant instant, ZoneId zone) {
    YearMonth month = YearMonth.from(instant.atZone(zone));
    return new Period(
        month.atDay(1).atStartOfDay(zone).toInstant(),
        month.plusMonths(1).atDay(1).atStartOfDay(zone).toInstant());
  }

  /** Whether that instant lies in it. */
  public boolean contains(Instant instant) {
    return !instant.isBefore(start) && instant.isBefore(end);
  }
}
