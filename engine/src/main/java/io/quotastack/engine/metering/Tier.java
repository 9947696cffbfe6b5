package io.quotastack.engine.metering;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One tier of a price (semantics 4). Prices are in mc.
 *
 * @param upTo the last units that belong to it, inclusive; null = all that are left
 * @param unitCost for each unit in it
 * @param flatCost once, if any units are in it
 */
public record Tier(@Nullable BigDecimal upTo, BigDecimal unitCost, BigDecimal flatCost) {
  /** Whether that many units, counted from the first, end in this tier or before it. */
  boolean covers(BigDecimal units) {
    return upTo == null || units.compareTo(upTo) <= 0;
  }

  /** What units in it cost, exactly, in mc. */
  BigDecimal costMc(BigDecimal units) {
    return units.multiply(unitCost).add(flatCost);
  }

  /**
   * Asserts that these are tiers: they ascend from above 0, and the last, and only the last, has no
   * end.
   */
  static List<Tier> checked(List<Tier> tiers) {
    BigDecimal below = BigDecimal.ZERO;
    for (int i = 0; i < tiers.size(); i++) {
      BigDecimal upTo = tiers.get(i).upTo();
      boolean last = i == tiers.size() - 1;
      if (last != (upTo == null) || (upTo != null && upTo.compareTo(below) <= 0)) {
        throw new IllegalArgumentException("no tiers: " + tiers);
      }
      below = upTo == null ? below : upTo;
    }
    if (tiers.isEmpty()) {
      throw new IllegalArgumentException("no tiers");
    }
    return List.copyOf(tiers);
  }
}
