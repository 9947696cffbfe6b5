package io.quotastack.engine.metering;

import io.quotastack.engine.credits.Amounts;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How many whole units can be paid under a quote: at most {@link Amounts#MAX_MC}. */
final class Affordable {
  private static final BigDecimal MOST = BigDecimal.valueOf(Amounts.MAX_MC);
  private static final BigDecimal HALF = new BigDecimal("0.5");

  private Affordable() {}

  /**
   * The largest whole number of units (for a flat price: of events) that costs no more than what is
   * available, or null if there is none because more units cost no more.
   */
  static @Nullable Long units(Quote quote, long availableMc) {
    BigDecimal available = BigDecimal.valueOf(availableMc);
    return switch (quote.price()) {
      case Price.Flat flat -> events(flat, available, quote.rounding());
      case Price.PerUnit perUnit ->
          capped(timesPayable(perUnit.unitCost(), available, quote.rounding()));
      case Price.PerPackage packages ->
          inPackages(
              packages,
              timesPayable(packages.packageCost(), available, quote.rounding()),
              quote.unitsBefore());
      case Price.Tiered tiered -> byTiers(quote, tiered.tiers(), available);
      case Price.Graduated graduated -> byTiers(quote, graduated.tiers(), available);
    };
  }

  private static @Nullable Long events(Price.Flat flat, BigDecimal available, Rounding rounding) {
    BigDecimal cost = flat.flatCost().setScale(0, rounding.mode());
    return cost.signum() == 0 ? null : capped(available.divideToIntegralValue(cost));
  }

  /**
   * How many times that cost can be paid when the sum is rounded, not each; null = without end.
   *
   * @param cost not rounded
   */
  private static @Nullable BigDecimal timesPayable(
      BigDecimal cost, BigDecimal available, Rounding rounding) {
    if (cost.signum() == 0) {
      return null;
    }
    // The largest exact sum that still rounds to what is available, or a hair below it.
    BigDecimal limit =
        switch (rounding) {
          case UP -> available;
          case HALF_UP -> available.add(HALF);
          case DOWN -> available.add(BigDecimal.ONE);
        };
    BigDecimal times = limit.divide(cost, 0, RoundingMode.FLOOR);
    return rounding != Rounding.UP && times.multiply(cost).compareTo(limit) == 0
        ? times.subtract(BigDecimal.ONE)
        : times;
  }

  /** What is left of the package that is begun is paid already. */
  private static @Nullable Long inPackages(
      Price.PerPackage price, @Nullable BigDecimal packages, BigDecimal unitsBefore) {
    return packages == null
        ? null
        : capped(
            price
                .packages(unitsBefore)
                .add(packages)
                .multiply(price.packageSize())
                .subtract(unitsBefore)
                .setScale(0, RoundingMode.FLOOR));
  }

  /**
   * A price by volume may fall from one tier to the next, so the tiers are tried from the last;
   * within one it never falls.
   */
  private static @Nullable Long byTiers(Quote quote, List<Tier> tiers, BigDecimal available) {
    for (int i = tiers.size() - 1; i >= 0; i--) {
      Tier tier = tiers.get(i);
      BigDecimal below = i == 0 ? null : tiers.get(i - 1).upTo();
      BigDecimal upTo = tier.upTo();
      // The units that end in this tier, as far as they are whole and more than none.
      BigDecimal first =
          below == null ? BigDecimal.ONE : wholeAfter(quote, below).add(BigDecimal.ONE);
      BigDecimal last = upTo == null ? MOST : wholeAfter(quote, upTo).min(MOST);
      first = first.max(BigDecimal.ONE);
      if (first.compareTo(last) <= 0 && isPayable(quote, first, available)) {
        return upTo == null && tier.unitCost().signum() == 0
            ? null
            : largestPayable(quote, first.longValueExact(), last.longValueExact(), available);
      }
    }
    return 0L;
  }

  /** How many whole units follow those before and end no later than that many; below 0 = none. */
  private static BigDecimal wholeAfter(Quote quote, BigDecimal total) {
    return total.subtract(quote.unitsBefore()).setScale(0, RoundingMode.FLOOR);
  }

  /** Between one that is payable and one beyond which none is asked for. */
  private static long largestPayable(Quote quote, long payable, long last, BigDecimal available) {
    long low = payable;
    long high = last;
    while (low < high) {
      long middle = low + (high - low + 1) / 2;
      if (isPayable(quote, BigDecimal.valueOf(middle), available)) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private static boolean isPayable(Quote quote, BigDecimal units, BigDecimal available) {
    return quote.roundedCostMc(units).compareTo(available) <= 0;
  }

  private static @Nullable Long capped(@Nullable BigDecimal units) {
    return units == null ? null : units.min(MOST).longValueExact();
  }
}
