package io.quotastack.engine.metering;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Over which units the tiers of a price run (semantics 4). */
public enum TierScope {
  /** Those of each event alone. */
  @JsonProperty("event")
  EVENT,
  /** Those of the customer and metric since the start of the current period. */
  @JsonProperty("period")
  PERIOD
}
