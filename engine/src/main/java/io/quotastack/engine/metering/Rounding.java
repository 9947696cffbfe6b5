package io.quotastack.engine.metering;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.math.RoundingMode;

/** How an exact cost becomes whole millicredits, once, at the end (semantics 2). */
public enum Rounding {
  @JsonProperty("up")
  UP(RoundingMode.UP),
  @JsonProperty("half_up")
  HALF_UP(RoundingMode.HALF_UP),
  @JsonProperty("down")
  DOWN(RoundingMode.DOWN);

  private final RoundingMode mode;

  Rounding(RoundingMode mode) {
    this.mode = mode;
  }

  RoundingMode mode() {
    return mode;
  }
}
