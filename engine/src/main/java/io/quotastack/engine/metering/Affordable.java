package io.quotastack.engine.metering;

import io.quotastack.engine.credits.Amounts;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How many whole units can be paid under a price by tiers. */
final class Affordable {
  private static final BigDecimal MOST = BigDecimal.valueOf(Amounts.MAX_MC);

  private Affordable() {}

  /**
   * The largest whole number of units that costs no more than what is available, or null if there
   * is none because the last tier costs no more for more units. A price by volume may fall from one
   * tier to the next, so the tiers are tried from the last; within one it never falls.
   */
  static @Nullable Long units(Price price, List<Tier> tiers, long availableMc, Rounding rounding) {
    for (int i = tiers.size() - 1; i >= 0; i--) {
      Tier tier = tiers.get(i);
      BigDecimal below = i == 0 ? BigDecimal.ZERO : tiers.get(i - 1).upTo();
      BigDecimal first =
          below == null ? MOST : below.setScale(0, RoundingMode.FLOOR).add(BigDecimal.ONE);
      BigDecimal upTo = tier.upTo();
      BigDecimal last = upTo == null ? MOST : upTo.setScale(0, RoundingMode.FLOOR).min(MOST);
      if (first.compareTo(last) <= 0 && isPayable(price, first, availableMc, rounding)) {
        return upTo == null && tier.unitCost().signum() == 0
            ? null
            : largestPayable(
                price, first.longValueExact(), last.longValueExact(), availableMc, rounding);
      }
    }
    return 0L;
  }

  /** Between one that is payable and one beyond which none is asked for. */
  private static long largestPayable(
      Price price, long payable, long last, long availableMc, Rounding rounding) {
    long low = payable;
    long high = last;
    while (low < high) {
      long middle = low + (high - low + 1) / 2;
      if (isPayable(price, BigDecimal.valueOf(middle), availableMc, rounding)) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private static boolean isPayable(
      Price price, BigDecimal units, long availableMc, Rounding rounding) {
    return price
            .exactCostMc(units)
            .setScale(0, rounding.mode())
            .compareTo(BigDecimal.valueOf(availableMc))
        <= 0;
  }
}
