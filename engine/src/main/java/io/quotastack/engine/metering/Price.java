package io.quotastack.engine.metering;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.credits.AmountOutOfRangeException;
import io.quotastack.engine.credits.Amounts;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What units cost: one variant for each {@code cost_type} (semantics 4). Prices are in mc. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "cost_type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Price.Flat.class, name = "flat"),
  @JsonSubTypes.Type(value = Price.PerUnit.class, name = "per_unit"),
  @JsonSubTypes.Type(value = Price.PerPackage.class, name = "package"),
  @JsonSubTypes.Type(value = Price.Tiered.class, name = "tiered"),
  @JsonSubTypes.Type(value = Price.Graduated.class, name = "graduated")
})
public sealed interface Price {

  /** The exact cost of that many units, in mc, not rounded. */
  BigDecimal exactCostMc(BigDecimal units);

  /**
   * How much more could be paid with that much, in whole units (for a flat price: in whole events);
   * null = without end.
   *
   * @param availableMc what there is to spend; 0 or more
   */
  @Nullable Long affordableUnits(long availableMc, Rounding rounding);

  /**
   * The cost of that many units in whole mc.
   *
   * @throws AmountOutOfRangeException if it is above {@link Amounts#MAX_MC}
   */
  default long costMc(BigDecimal units, Rounding rounding) {
    BigDecimal cost = exactCostMc(units).setScale(0, rounding.mode());
    if (cost.compareTo(BigDecimal.valueOf(Amounts.MAX_MC)) > 0) {
      throw new AmountOutOfRangeException();
    }
    return cost.longValueExact();
  }

  /** A price per event, whatever its units. */
  record Flat(BigDecimal flatCost) implements Price {
    @Override
    public BigDecimal exactCostMc(BigDecimal units) {
      return flatCost;
    }

    @Override
    public @Nullable Long affordableUnits(long availableMc, Rounding rounding) {
      BigInteger cost = flatCost.setScale(0, rounding.mode()).toBigInteger();
      return cost.signum() == 0
          ? null
          : BigInteger.valueOf(availableMc).divide(cost).longValueExact();
    }
  }

  /** A price per unit. */
  record PerUnit(BigDecimal unitCost) implements Price {
    @Override
    public BigDecimal exactCostMc(BigDecimal units) {
      return units.multiply(unitCost);
    }

    @Override
    public @Nullable Long affordableUnits(long availableMc, Rounding rounding) {
      if (unitCost.signum() == 0) {
        return null;
      }
      BigDecimal available = BigDecimal.valueOf(availableMc);
      // The largest exact cost that still rounds to what is available, or a hair below it.
      BigDecimal limit =
          switch (rounding) {
            case UP -> available;
            case HALF_UP -> available.add(new BigDecimal("0.5"));
            case DOWN -> available.add(BigDecimal.ONE);
          };
      BigDecimal units = limit.divide(unitCost, 0, RoundingMode.FLOOR);
      if (rounding != Rounding.UP && exactCostMc(units).compareTo(limit) == 0) {
        units = units.subtract(BigDecimal.ONE);
      }
      return units.min(BigDecimal.valueOf(Amounts.MAX_MC)).longValueExact();
    }
  }

  /** A price per package of units, of which one that is begun is paid whole. */
  record PerPackage(BigDecimal packageSize, BigDecimal packageCost) implements Price {
    /** Asserts that a package holds something. */
    public PerPackage {
      if (packageSize.signum() <= 0) {
        throw new IllegalArgumentException("a package must hold something: " + packageSize);
      }
    }

    @Override
    public BigDecimal exactCostMc(BigDecimal units) {
      return units.divide(packageSize, 0, RoundingMode.CEILING).multiply(packageCost);
    }

    @Override
    public @Nullable Long affordableUnits(long availableMc, Rounding rounding) {
      Long packages = new PerUnit(packageCost).affordableUnits(availableMc, rounding);
      return packages == null
          ? null
          : BigDecimal.valueOf(packages)
              .multiply(packageSize)
              .setScale(0, RoundingMode.FLOOR)
              .min(BigDecimal.valueOf(Amounts.MAX_MC))
              .longValueExact();
    }
  }

  /** A price by volume: the tier in which the units end prices all of them. No units are free. */
  record Tiered(List<Tier> tiers) implements Price {
    /** Asserts that the tiers ascend and that the last one has no end. */
    public Tiered {
      tiers = Tier.checked(tiers);
    }

    @Override
    public BigDecimal exactCostMc(BigDecimal units) {
      if (units.signum() == 0) {
        return BigDecimal.ZERO;
      }
      for (Tier tier : tiers) {
        if (tier.covers(units)) {
          return tier.costMc(units);
        }
      }
      throw new IllegalStateException("the last tier has no end");
    }

    @Override
    public @Nullable Long affordableUnits(long availableMc, Rounding rounding) {
      return Affordable.units(this, tiers, availableMc, rounding);
    }
  }

  /** A price by slices: each tier prices the units that are in it. No units are free. */
  record Graduated(List<Tier> tiers) implements Price {
    /** Asserts that the tiers ascend and that the last one has no end. */
    public Graduated {
      tiers = Tier.checked(tiers);
    }

    @Override
    public BigDecimal exactCostMc(BigDecimal units) {
      BigDecimal cost = BigDecimal.ZERO;
      BigDecimal below = BigDecimal.ZERO;
      for (Tier tier : tiers) {
        if (units.compareTo(below) <= 0) {
          break;
        }
        BigDecimal upTo = tier.upTo();
        cost = cost.add(tier.costMc((upTo == null ? units : units.min(upTo)).subtract(below)));
        below = upTo == null ? units : upTo;
      }
      return cost;
    }

    @Override
    public @Nullable Long affordableUnits(long availableMc, Rounding rounding) {
      return Affordable.units(this, tiers, availableMc, rounding);
    }
  }
}
