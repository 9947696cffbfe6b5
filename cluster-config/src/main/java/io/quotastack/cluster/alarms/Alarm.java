package io.quotastack.cluster.alarms;

import io.quotastack.engine.ids.CustomerRef;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * One alarm, and the name of its row, which is made of all that it is: so it can be set any number
 * of times, by any node, and is one row.
 *
 * @param at in whole milliseconds
 */
record Alarm(CustomerRef customer, Instant at) {
  /** As far as PostgreSQL and the text of its rows need not be thought about. */
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999Z");

  /**
   * The alarm of that customer at that instant or up to a millisecond later: it must not ring when
   * nothing is due yet. What has passed rings soon whenever it was, and beyond the year 9999 an
   * alarm may be early.
   */
  static Alarm of(CustomerRef customer, Instant at) {
    if (at.isBefore(Instant.EPOCH)) {
      return new Alarm(customer, Instant.EPOCH);
    }
    if (at.isAfter(LATEST)) {
      return new Alarm(customer, LATEST);
    }
    Instant whole = at.truncatedTo(ChronoUnit.MILLIS);
    return new Alarm(customer, whole.equals(at) ? at : whole.plus(Duration.ofMillis(1)));
  }

  /** The name of its row. */
  String rowName() {
    return customer.entityId() + "@" + at.toEpochMilli();
  }

  /** The customer of the row of that name. */
  static CustomerRef customerOf(String rowName) {
    return CustomerRef.ofEntityId(rowName.substring(0, rowName.lastIndexOf('@')));
  }
}
