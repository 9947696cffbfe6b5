package io.quotastack.engine.customer;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.OveragePolicy;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who a customer is to the tenant.
 *
 * @param externalId the tenant's own name for it, verbatim; null = none
 * @param displayName for people
 * @param email for people
 * @param timeZone IANA name of the zone of its calendar; null = the tenant's
 * @param overagePolicy what happens to a debit that the blocks cannot cover; null = as the tenant
 *     has set it
 * @param maxOverageMc the most overage, in mc; null = as the tenant has set it
 * @param metadata the tenant's own
 * @param createdAt when it was created
 * @param updatedAt when one of these was last changed
 */
public record Profile(
    @Nullable String externalId,
    @Nullable String displayName,
    @Nullable String email,
    @Nullable String timeZone,
    @Nullable OveragePolicy overagePolicy,
    @Nullable Long maxOverageMc,
    Map<String, String> metadata,
    Instant createdAt,
    Instant updatedAt) {

  /** A customer of whom nothing is known but its external id. */
  public static Profile named(@Nullable String externalId, Instant now) {
    return new Profile(externalId, null, null, null, null, null, Map.of(), now, now);
  }

  /** The tenant's terms with what this customer has of its own. */
  public AccountPolicy over(AccountPolicy tenants) {
    return overagePolicy == null && maxOverageMc == null && timeZone == null
        ? tenants
        : new AccountPolicy(
            tenants.burnOrder(),
            overagePolicy == null ? tenants.overagePolicy() : overagePolicy,
            maxOverageMc == null ? tenants.maxOverageMc() : maxOverageMc,
            tenants.overageSettlement(),
            timeZone == null ? tenants.timeZone() : ZoneId.of(timeZone));
  }
}
