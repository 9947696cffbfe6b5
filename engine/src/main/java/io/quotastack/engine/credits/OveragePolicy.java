package io.quotastack.engine.credits;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What happens to a debit that the blocks cannot cover (semantics 3). */
public enum OveragePolicy {
  /** It is refused. */
  @JsonProperty("block")
  BLOCK,
  /** The blocks give what they have; the rest is booked as overage. */
  @JsonProperty("allow")
  ALLOW,
  /** As {@link #ALLOW}, and the tenant is told when overage starts and at each threshold. */
  @JsonProperty("notify")
  NOTIFY
}
