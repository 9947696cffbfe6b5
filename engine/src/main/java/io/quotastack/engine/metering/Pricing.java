package io.quotastack.engine.metering;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one metric that may price a command that is on its way: the one that is active and
 * those that take effect very soon. Which of them it is, is decided by the clock of the customer
 * that is debited, not by that of the node which took the request.
 *
 * @param rules in the order in which they take effect; empty = nothing prices the metric
 */
public record Pricing(List<MeteringRule> rules) {
  /** Nothing prices the metric. */
  public static final Pricing NONE = new Pricing(List.of());

  /** The rule that prices at that instant, or null if none does. */
  public @Nullable MeteringRule at(Instant now) {
    MeteringRule active = null;
    for (MeteringRule rule : rules) {
      if (active == null || !rule.effectiveAt().isAfter(now)) {
        active = rule;
      }
    }
    return active;
  }
}
