package io.quotastack.engine.tenant;

import io.quotastack.engine.credits.BurnOrder;

/**
 * The settings of a tenant's environment.
 *
 * @param burnOrder which block is spent first
 */
public record TenantConfig(BurnOrder burnOrder) {
  /** What holds until the tenant sets something else. */
  public static final TenantConfig DEFAULT = new TenantConfig(BurnOrder.EXPIRY_FIRST);
}
