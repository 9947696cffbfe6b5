package io.quotastack.engine.tenant;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.BurnOrder;

/**
 * The settings of a tenant's environment.
 *
 * @param burnOrder which block is spent first
 */
public record TenantConfig(BurnOrder burnOrder) {
  /** What holds until the tenant sets something else. */
  public static final TenantConfig DEFAULT = new TenantConfig(BurnOrder.EXPIRY_FIRST);

  public AccountPolicy policy() {
    AccountPolicy all = AccountPolicy.DEFAULT;
    return new AccountPolicy(
        burnOrder, all.overagePolicy(), null, all.overageSettlement(), all.timeZone());
  }

  public long reservationDefaultTtlSeconds() {
    return 300;
  }
}
