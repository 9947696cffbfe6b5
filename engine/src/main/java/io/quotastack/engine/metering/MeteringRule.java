package io.quotastack.engine.metering;

import java.math.BigDecimal;
import java.time.Instant;

/**
 * One version of the price of one metric. Never edited: a new version takes its place from its
 * {@code effectiveAt} on (semantics 4).
 *
 * @param id {@code rul_...}
 * @param metricKey the metric that it prices
 * @param version 1, 2, 3 ... within the metric
 * @param price what units cost
 * @param rounding how the cost becomes whole mc
 * @param effectiveAt from when it prices
 * @param createdAt when it was made
 */
public record MeteringRule(
    String id,
    String metricKey,
    int version,
    Price price,
    Rounding rounding,
    Instant effectiveAt,
    Instant createdAt) {

  /**
   * What that many units cost, in whole mc.
   *
   * @throws io.quotastack.engine.credits.AmountOutOfRangeException if it is out of range
   */
  public long costMc(BigDecimal units) {
    return price.costMc(units, rounding);
  }
}
