package io.quotastack.engine.metering;

import io.quotastack.engine.credits.AmountOutOfRangeException;
import io.quotastack.engine.credits.Amounts;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What one rule asks for units of one kind at one place in a period: a price that no longer depends
 * on anything but the units, so that a reservation can pin it.
 *
 * @param price what units cost
 * @param rounding how the cost becomes whole mc
 * @param unitsBefore how many units of the period lie before; 0 if the tiers run over each event
 *     alone
 */
public record Quote(Price price, Rounding rounding, BigDecimal unitsBefore) {

  /**
   * What that many units cost, in whole mc: computed exactly, rounded once, and never below 0, also
   * where a price by volume falls.
   *
   * @throws AmountOutOfRangeException if it is above {@link Amounts#MAX_MC}
   */
  public long costMc(BigDecimal units) {
    BigDecimal cost = roundedCostMc(units);
    if (cost.compareTo(BigDecimal.valueOf(Amounts.MAX_MC)) > 0) {
      throw new AmountOutOfRangeException();
    }
    return cost.longValueExact();
  }

  /**
   * How many more whole units (for a flat price: events) could be paid with that much, at most
   * {@link Amounts#MAX_MC}; null = without end.
   *
   * @param availableMc what there is to spend; 0 or more
   */
  public @Nullable Long affordableUnits(long availableMc) {
    return Affordable.units(this, availableMc);
  }

  /** The cost in whole mc, however large it is. */
  BigDecimal roundedCostMc(BigDecimal units) {
    return exactCostMc(units).setScale(0, rounding.mode()).max(BigDecimal.ZERO);
  }

  private BigDecimal exactCostMc(BigDecimal units) {
    return unitsBefore.signum() == 0 || !price.dependsOnUnitsBefore()
        ? price.exactCostMc(units)
        : price.exactCostMc(unitsBefore.add(units)).subtract(price.exactCostMc(unitsBefore));
  }
}
