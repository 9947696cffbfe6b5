package io.quotastack.engine.credits;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The terms of one deposit, fixed for ever when it is granted (semantics 3).
 *
 * @param number the sequence number of the journal event that granted it; names the block within
 *     its customer and orders blocks by age
 * @param originalAmountMc what was granted; above 0
 * @param priority 0 to 255, lower burns earlier
 * @param effectiveAt from when it may be spent
 * @param expiresAt from when it may no longer be spent; null = never
 * @param source where it came from
 * @param pricePaid what the customer paid for it, in units of {@code currency}; null = not told
 * @param currency ISO 4217 code; null = not told
 * @param metricKeys the only metrics that it pays for, in the order in which they were named, which
 *     a replayed answer must repeat; null = any
 * @param reason why it was granted; null = not told
 * @param metadata the tenant's own
 * @param createdAt when it was granted
 */
public record BlockTerms(
    long number,
    long originalAmountMc,
    int priority,
    Instant effectiveAt,
    @Nullable Instant expiresAt,
    BlockSource source,
    @Nullable BigDecimal pricePaid,
    @Nullable String currency,
    @JsonDeserialize(as = LinkedHashSet.class) @Nullable Set<String> metricKeys,
    @Nullable String reason,
    Map<String, String> metadata,
    Instant createdAt)
    implements Burnable {

  /** True when {@code price_paid} is above 0: free blocks burn before paid ones. */
  @Override
  @JsonIgnore
  public boolean paid() {
    return pricePaid != null && pricePaid.signum() > 0;
  }

  /** Whether these credits may pay for that metric; null = for something that is no metric. */
  public boolean paysFor(@Nullable String metricKey) {
    return metricKeys == null || (metricKey != null && metricKeys.contains(metricKey));
  }
}
