package io.quotastack.engine.metering;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one metric that may price a command that is on its way: the one that is active and
 * those that take effect, or took it, very near. Which of them it is, is decided by the clock of
 * the customer that is debited, not by that of the node which took the request.
 *
 * @param rules in the order in which they take effect, of two at one instant the older first; empty
 *     = nothing prices the metric
 */
public record Pricing(List<MeteringRule> rules) {
  /** Nothing prices the metric. */
  public static final Pricing NONE = new Pricing(List.of());

  /** How far the customer's clock may be from that by which the rules were chosen. */
  public static final Duration MAX_CLOCK_DISTANCE = Duration.ofSeconds(60);

  /** Copies the rules. */
  public Pricing {
    rules = List.copyOf(rules);
  }

  /** The rule that prices at that instant, or null if none does. */
  public @Nullable MeteringRule at(Instant now) {
    for (int i = rules.size() - 1; i >= 0; i--) {
      if (rules.get(i).isInEffectAt(now)) {
        return rules.get(i);
      }
    }
    return null;
  }

  /**
   * These rules with no more of their prices than what usage of that kind costs: quotes for it are
   * the same. A command that goes to another node need not carry the rest.
   */
  public Pricing narrowedTo(Map<String, String> properties) {
    return rules.stream().allMatch(rule -> rule.dimensions().isEmpty())
        ? this
        : new Pricing(rules.stream().map(rule -> rule.narrowedTo(properties)).toList());
  }
}
