package io.quotastack.engine.entitlements;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quotastack.engine.credits.AmountOutOfRangeException;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.metering.Quote;
import java.math.BigDecimal;
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
    INSUFFICIENT_CREDITS,
    /** Overage is allowed, but not so much. */
    @JsonProperty("overage_cap")
    OVERAGE_CAP
  }

  /**
   * Judges units of a metric: first the feature that the metric asks for, then its price, then the
   * credits and the overage that is allowed.
   *
   * @param hasFeature whether the customer has the feature that the metric asks for, if any
   * @param quote what units cost; null = nothing prices them
   * @param units how many; above 0
   * @param availableMc what the blocks that may pay for the metric have
   * @param overage whether the policy allows any
   * @param overageRoomMc how much more is allowed; null = without end
   */
  public static Entitlement of(
      boolean hasFeature,
      @Nullable Quote quote,
      BigDecimal units,
      long availableMc,
      boolean overage,
      @Nullable Long overageRoomMc) {
    if (quote == null) {
      return new Entitlement(
          false, hasFeature ? Reason.NO_METERING_RULE : Reason.FEATURE_MISSING, null, null);
    }
    Long costMc = cost(quote, units);
    long payableMc =
        overageRoomMc == null
            ? Amounts.MAX_MC
            : Math.min(Amounts.MAX_MC, availableMc + overageRoomMc);
    Long affordableUnits = overageRoomMc == null ? null : quote.affordableUnits(payableMc);
    if (affordableUnits != null) {
      affordableUnits = Math.min(affordableUnits, Amounts.MAX_MC);
    }
    Reason reason = null;
    if (!hasFeature) {
      reason = Reason.FEATURE_MISSING;
    } else if (costMc == null || costMc > payableMc) {
      reason = overage ? Reason.OVERAGE_CAP : Reason.INSUFFICIENT_CREDITS;
    }
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
