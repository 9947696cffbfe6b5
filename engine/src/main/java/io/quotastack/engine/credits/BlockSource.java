package io.quotastack.engine.credits;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where a block's credits came from (semantics 3). */
public enum BlockSource {
  @JsonProperty("plan")
  PLAN,
  @JsonProperty("topup")
  TOPUP,
  @JsonProperty("promotional")
  PROMOTIONAL,
  @JsonProperty("trial")
  TRIAL,
  @JsonProperty("rollover")
  ROLLOVER,
  @JsonProperty("adjustment")
  ADJUSTMENT,
  @JsonProperty("refund")
  REFUND
}
