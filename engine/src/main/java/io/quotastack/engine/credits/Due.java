package io.quotastack.engine.credits;

import java.time.Instant;
import java.util.Comparator;

/**
 * A change of an account that time alone brings about.
 *
 * @param at when
 * @param kind what
 * @param number of the block or the reservation that it is about; 0 = the account itself
 */
public record Due(Instant at, Kind kind, long number) {
  /** In order of time; at one instant in the order of the kinds, then by age. */
  public static final Comparator<Due> ORDER =
      Comparator.comparing(Due::at).thenComparing(Due::kind).thenComparingLong(Due::number);

  /**
   * What time does, in the order in which it happens at one instant: what ends comes before what
   * begins, and a hold returns what it held before the block that it held expires.
   */
  public enum Kind {
    HOLD_EXPIRY,
    OVERAGE_CLEARING,
    EXPIRY,
    ACTIVATION,
    AUTO_TOPUP
  }
}
