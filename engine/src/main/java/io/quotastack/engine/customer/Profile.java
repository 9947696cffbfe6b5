package io.quotastack.engine.customer;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who a customer is to the tenant.
 *
 * @param externalId the tenant's own name for it, verbatim; null = none
 * @param displayName for people
 * @param email for people
 * @param timeZone IANA name of the zone of its calendar; null = the tenant's
 * @param metadata the tenant's own
 * @param createdAt when it was created
 * @param updatedAt when one of these was last changed
 */
public record Profile(
    @Nullable String externalId,
    @Nullable String displayName,
    @Nullable String email,
    @Nullable String timeZone,
    Map<String, String> metadata,
    Instant createdAt,
    Instant updatedAt) {

  /** A customer of whom nothing is known but its external id. */
  public static Profile named(@Nullable String externalId, Instant now) {
    return new Profile(externalId, null, null, null, Map.of(), now, now);
  }
}
