package io.quotastack.engine.metering;

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
   * What that many units cost, in whole mc: never below 0, also where a price by volume falls.
   *
   * @throws io.quotastack.engine.credits.AmountOutOfRangeException if it is out of range
   */
  public long costMc(BigDecimal units) {
    return price.costMc(units, rounding);
  }

  /**
   * How many more whole units (for a flat price: events) could be paid with that much; null =
   * without end.
   *
   * @param availableMc what there is to spend; 0 or more
   */
  public @Nullable Long affordableUnits(long availableMc) {
    return price.affordableUnits(availableMc, rounding);
  }
}
