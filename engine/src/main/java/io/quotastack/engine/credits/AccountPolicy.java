package io.quotastack.engine.credits;

import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * The terms that a tenant sets for all its accounts, as a command brings them. A customer may
 * override the overage policy, its cap and the time zone.
 *
 * @param burnOrder which block is spent first
 * @param overagePolicy what happens to a debit that the blocks cannot cover
 * @param maxOverageMc the most overage, in mc; null = no cap
 * @param overageSettlement how overage is paid off
 * @param timeZone the zone of the calendar months that are periods
 */
public record AccountPolicy(
    BurnOrder burnOrder,
    OveragePolicy overagePolicy,
    @Nullable Long maxOverageMc,
    OverageSettlement overageSettlement,
    ZoneId timeZone) {
  /** What holds until a tenant sets something else. */
  public static final AccountPolicy DEFAULT =
      new AccountPolicy(
          BurnOrder.EXPIRY_FIRST,
          OveragePolicy.BLOCK,
          null,
          OverageSettlement.NEXT_GRANT,
          ZoneId.of("UTC"));
}
