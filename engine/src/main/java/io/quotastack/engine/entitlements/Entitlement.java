package io.quotastack.engine.entitlements;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quotastack.engine.credits.AmountOutOfRangeException;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Quote;
import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to "may this customer do this now?" (semantics 5). It holds nothing.
 *
 * @param allowed whether it may
 * @param reason why not; null = it may
 * @param estimatedCostMc what it would cost; null = nothing prices it, or it costs more than any
 *     amount
 * @param affordableUnits how many more units (for a flat price: events) the customer can pay; null
 *     = without end, or nothing prices it
 */
public record Entitlement(
    boolean allowed,
    @Nullable Reason reason,
    @Nullable Long estimatedCostMc,
    @Nullable Long affordableUnits) {

  /** Why something is not allowed. */
  public enum Reason {
    @JsonProperty("feature_missing")
    FEATURE_MISSING,
    @JsonProperty("no_metering_rule")
    NO_METERING_RULE,
    @JsonProperty("insufficient_credits")
    INSUFFICIENT_CREDITS
  }

  /**
   * Judges units of a metric: first the feature that the metric asks for, then its price, then the
   * credits.
   *
   * @param hasFeature whether the customer has the feature that the metric asks for, if any
   * @param rule the metric's active rule; null = it has none
   * @param units how many; above 0
   * @param availableMc what the blocks that may pay for the metric have
   */
  public static Entitlement of(
      boolean hasFeature, @Nullable MeteringRule rule, BigDecimal units, long availableMc) {
    Quote quote = rule == null ? null : rule.quote(Map.of(), BigDecimal.ZERO);
    if (quote == null) {
      return new Entitlement(
          false, hasFeature ? Reason.NO_METERING_RULE : Reason.FEATURE_MISSING, null, null);
    }
    Long costMc = cost(quote, units);
    Long affordableUnits = quote.affordableUnits(availableMc);
    if (affordableUnits != null) {
      affordableUnits = Math.min(affordableUnits, Amounts.MAX_MC);
    }
    Reason reason =
        !hasFeature
            ? Reason.FEATURE_MISSING
            : costMc == null || costMc > availableMc ? Reason.INSUFFICIENT_CREDITS : null;
    return new Entitlement(reason == null, reason, costMc, affordableUnits);
  }

  private static @Nullable Long cost(Quote quote, BigDecimal units) {
    try {
      return quote.costMc(units);
    } catch (AmountOutOfRangeException e) {
      return null;
    }
  }
}
