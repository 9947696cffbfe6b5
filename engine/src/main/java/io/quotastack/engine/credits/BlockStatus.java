package io.quotastack.engine.credits;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where a block is in its life (semantics 3). */
public enum BlockStatus {
  /** Its {@code effective_at} has not come. */
  @JsonProperty("pending")
  PENDING,
  @JsonProperty("active")
  ACTIVE,
  /** All of it was spent. */
  @JsonProperty("exhausted")
  EXHAUSTED,
  /** Its {@code expires_at} came before all of it was spent. */
  @JsonProperty("expired")
  EXPIRED,
  /** What was left of it was taken back. */
  @JsonProperty("voided")
  VOIDED
}
