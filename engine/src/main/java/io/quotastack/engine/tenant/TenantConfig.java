package io.quotastack.engine.tenant;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a tenant's environment.
 *
 * @param burnOrder which block is spent first
 * @param overagePolicy what happens to a debit that the blocks cannot cover
 * @param overageSettlement how overage is paid off
 * @param maxOverageMc the most overage of one customer, in mc; null = no cap
 * @param reservationDefaultTtlSeconds how long a hold lasts that does not say, 1 to {@link
 *     #MAX_RESERVATION_TTL_SECONDS}
 * @param timeZone the zone of the calendar months that are periods
 */
public record TenantConfig(
    BurnOrder burnOrder,
    OveragePolicy overagePolicy,
    OverageSettlement overageSettlement,
    @Nullable Long maxOverageMc,
    int reservationDefaultTtlSeconds,
    ZoneId timeZone) {
  /** The longest that a hold may last from when it is made or extended: 7 days. */
  public static final int MAX_RESERVATION_TTL_SECONDS = 604_800;

  private static final int DEFAULT_RESERVATION_TTL_SECONDS = 300;

  /** What holds until the tenant sets something else. */
  public static final TenantConfig DEFAULT =
      new TenantConfig(
          AccountPolicy.DEFAULT.burnOrder(),
          AccountPolicy.DEFAULT.overagePolicy(),
          AccountPolicy.DEFAULT.overageSettlement(),
          AccountPolicy.DEFAULT.maxOverageMc(),
          DEFAULT_RESERVATION_TTL_SECONDS,
          AccountPolicy.DEFAULT.timeZone());

  /** Settings that were stored before there were more than the burn order have the defaults. */
  @SuppressWarnings("ConstantValue")
  public TenantConfig {
    overagePolicy = overagePolicy == null ? AccountPolicy.DEFAULT.overagePolicy() : overagePolicy;
    overageSettlement =
        overageSettlement == null ? AccountPolicy.DEFAULT.overageSettlement() : overageSettlement;
    reservationDefaultTtlSeconds =
        reservationDefaultTtlSeconds == 0
            ? DEFAULT_RESERVATION_TTL_SECONDS
            : reservationDefaultTtlSeconds;
    timeZone = timeZone == null ? AccountPolicy.DEFAULT.timeZone() : timeZone;
  }

  /** Those of the settings that are the terms of all accounts. */
  public AccountPolicy policy() {
    return new AccountPolicy(burnOrder, overagePolicy, maxOverageMc, overageSettlement, timeZone);
  }
}
