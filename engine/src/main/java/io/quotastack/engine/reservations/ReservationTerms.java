package io.quotastack.engine.reservations;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was reserved, fixed for ever (semantics 6).
 *
 * @param number the sequence number of the journal event that reserved it; gives it its id
 * @param metricKey what it is for; null = credits as such
 * @param ruleId the rule that prices it; null = credits as such
 * @param ruleVersion its version; null = credits as such
 * @param estimatedUnits how many units it is for; null = credits as such
 * @param reservedMc what was held at first
 * @param properties what the tenant says about the usage
 * @param metadata the tenant's own
 * @param createdAt when it was reserved
 */
public record ReservationTerms(
    long number,
    @Nullable String metricKey,
    @Nullable String ruleId,
    @Nullable Integer ruleVersion,
    @Nullable BigDecimal estimatedUnits,
    long reservedMc,
    Map<String, String> properties,
    Map<String, String> metadata,
    Instant createdAt) {}
