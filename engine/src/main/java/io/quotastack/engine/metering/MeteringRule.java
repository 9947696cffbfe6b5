package io.quotastack.engine.metering;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One version of the price of one metric. Never edited: a new version takes its place from its
 * {@code effectiveAt} on (semantics 4).
 *
 * @param id {@code rul_...}
 * @param metricKey the metric that it prices
 * @param version 1, 2, 3 ... within the metric
 * @param price what units cost that no dimension prices; null = such units have no price
 * @param tierScope over which units tiers run
 * @param dimensions prices for kinds of usage; the first that matches holds
 * @param rounding how the cost becomes whole mc
 * @param effectiveAt from when it prices
 * @param createdAt when it was made
 */
public record MeteringRule(
    String id,
    String metricKey,
    int version,
    @Nullable Price price,
    TierScope tierScope,
    List<Dimension> dimensions,
    Rounding rounding,
    Instant effectiveAt,
    Instant createdAt) {

  /** Rules that were stored before there were scopes and dimensions have none. */
  @SuppressWarnings("ConstantValue")
  public MeteringRule {
    tierScope = tierScope == null ? TierScope.EVENT : tierScope;
    dimensions = dimensions == null ? List.of() : List.copyOf(dimensions);
  }

  /**
   * Whether it is in effect at that instant. A rule that took effect when it was made is in effect
   * wherever it is known, also where the clock is behind that of the node on which it was made.
   */
  public boolean isInEffectAt(Instant now) {
    return !effectiveAt.isAfter(now) || effectiveAt.equals(createdAt);
  }

  /**
   * What this rule asks for usage of that kind, or null if it has no price for it.
   *
   * @param properties what the tenant says about the usage
   * @param unitsBefore how many units of the current period lie before it
   */
  public @Nullable Quote quote(Map<String, String> properties, BigDecimal unitsBefore) {
    Price found = priceFor(properties);
    return found == null
        ? null
        : new Quote(found, rounding, tierScope == TierScope.PERIOD ? unitsBefore : BigDecimal.ZERO);
  }

  /** This rule with no other price than that of usage of that kind, if it has one for it. */
  MeteringRule narrowedTo(Map<String, String> properties) {
    return dimensions.isEmpty()
        ? this
        : new MeteringRule(
            id,
            metricKey,
            version,
            priceFor(properties),
            tierScope,
            List.of(),
            rounding,
            effectiveAt,
            createdAt);
  }

  private @Nullable Price priceFor(Map<String, String> properties) {
    for (Dimension dimension : dimensions) {
      if (dimension.matches(properties)) {
        return dimension.price();
      }
    }
    return price;
  }
}
