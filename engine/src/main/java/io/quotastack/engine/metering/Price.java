package io.quotastack.engine.metering;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

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
   * Whether units cost more or less by how many of the same period were counted before them. If
   * not, a scope means nothing to this price.
   */
  default boolean dependsOnUnitsBefore() {
    return true;
  }

  /** A price per event, whatever its units. */
  record Flat(BigDecimal flatCost) implements Price {
    @Override
    public BigDecimal exactCostMc(BigDecimal units) {
      return flatCost;
    }

    @Override
    public boolean dependsOnUnitsBefore() {
      return false;
    }
  }

  /** A price per unit. */
  record PerUnit(BigDecimal unitCost) implements Price {
    @Override
    public BigDecimal exactCostMc(BigDecimal units) {
      return units.multiply(unitCost);
    }

    @Override
    public boolean dependsOnUnitsBefore() {
      return false;
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
      return packages(units).multiply(packageCost);
    }

    /** How many packages that many units begin. */
    BigDecimal packages(BigDecimal units) {
      return units.divide(packageSize, 0, RoundingMode.CEILING);
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
  }
}
