package io.quotastack.engine.customer;

import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.Tier;
import io.quotastack.engine.metering.TierScope;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What usage costs (semantics 4), written a second time in the most naive way. */
final class ReferencePrices {
  private ReferencePrices() {}

  /**
   * What one rule asks for usage of one kind at one place of its period.
   *
   * @param before the units of the period that lie before; null = each event is priced by itself
   */
  record Pinned(Price price, Rounding rounding, @Nullable BigDecimal before) {
    /** What that many units cost from there on, rounded once. */
    BigInteger cost(BigDecimal units) {
      BigDecimal exact =
          before == null || price instanceof Price.Flat
              ? exact(price, units)
              : exact(price, before.add(units)).subtract(exact(price, before));
      return exact.signum() < 0 ? BigInteger.ZERO : rounded(exact, rounding);
    }
  }

  /**
   * The rule that took effect last; null if none has. One that took effect when it was made has
   * done so whatever this clock says.
   */
  static @Nullable MeteringRule active(List<MeteringRule> rules, Instant now) {
    MeteringRule active = null;
    for (MeteringRule rule : rules) {
      if (rule.effectiveAt().compareTo(now) <= 0 || rule.effectiveAt().equals(rule.createdAt())) {
        active = rule;
      }
    }
    return active;
  }

  /** What that rule asks for usage with these properties, or null if it has no price for it. */
  static @Nullable Pinned pinned(
      MeteringRule rule, Map<String, String> properties, BigDecimal before) {
    Price price = rule.price();
    for (Dimension dimension : rule.dimensions()) {
      boolean matches = true;
      for (Map.Entry<String, String> pair : dimension.match().entrySet()) {
        matches &= pair.getValue().equals(properties.get(pair.getKey()));
      }
      if (matches) {
        price = dimension.price();
        break;
      }
    }
    return price == null
        ? null
        : new Pinned(price, rule.rounding(), rule.tierScope() == TierScope.PERIOD ? before : null);
  }

  private static BigDecimal exact(Price price, BigDecimal units) {
    return switch (price) {
      case Price.Flat flat -> flat.flatCost();
      case Price.PerUnit perUnit -> units.multiply(perUnit.unitCost());
      case Price.PerPackage packages -> packages(packages, units);
      case Price.Tiered tiered -> sliceBySlice(tiered.tiers(), units, false);
      case Price.Graduated graduated -> sliceBySlice(graduated.tiers(), units, true);
    };
  }

  /** One package after the other until they hold all units. */
  private static BigDecimal packages(Price.PerPackage price, BigDecimal units) {
    BigDecimal[] whole = units.divideAndRemainder(price.packageSize());
    BigDecimal count = whole[1].signum() == 0 ? whole[0] : whole[0].add(BigDecimal.ONE);
    return count.multiply(price.packageCost());
  }

  /** Takes the units apart at the tiers' ends; by volume, only the last piece's price counts. */
  private static BigDecimal sliceBySlice(List<Tier> tiers, BigDecimal units, boolean graduated) {
    BigDecimal left = units;
    BigDecimal end = BigDecimal.ZERO;
    BigDecimal sum = BigDecimal.ZERO;
    for (Tier tier : tiers) {
      if (left.signum() == 0) {
        return sum;
      }
      BigDecimal room = tier.upTo() == null ? left : tier.upTo().subtract(end).min(left);
      BigDecimal priced = graduated ? room : units;
      BigDecimal cost = priced.multiply(tier.unitCost()).add(tier.flatCost());
      sum = graduated ? sum.add(cost) : cost;
      left = left.subtract(room);
      end = end.add(room);
    }
    return sum;
  }

  /** Exact until here: rounded once, by dividing whole numbers. */
  private static BigInteger rounded(BigDecimal exact, Rounding rounding) {
    BigInteger divisor = BigInteger.TEN.pow(Math.max(exact.scale(), 0));
    BigInteger digits =
        exact.unscaledValue().multiply(BigInteger.TEN.pow(Math.max(-exact.scale(), 0)));
    BigInteger[] parts = digits.divideAndRemainder(divisor);
    boolean roundsUp =
        switch (rounding) {
          case UP -> parts[1].signum() > 0;
          case HALF_UP -> parts[1].shiftLeft(1).compareTo(divisor) >= 0;
          case DOWN -> false;
        };
    return roundsUp ? parts[0].add(BigInteger.ONE) : parts[0];
  }
}
