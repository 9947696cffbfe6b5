package io.quotastack.engine.credits;

import java.time.Instant;
import java.util.Comparator;

/**
 * A change of a block that time alone brings about.
 *
 * @param at when
 * @param kind what
 * @param block the block's number within its customer
 */
public record Due(Instant at, Kind kind, long block) {
  /** In order of time; at one instant what ends comes before what begins, then by age. */
  static final Comparator<Due> ORDER =
      Comparator.comparing(Due::at).thenComparing(Due::kind).thenComparingLong(Due::block);

  /** What time does to a block, in the order in which it happens at one instant. */
  public enum Kind {
    EXPIRY,
    ACTIVATION
  }
}
