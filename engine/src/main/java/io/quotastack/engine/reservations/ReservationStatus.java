package io.quotastack.engine.reservations;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where a reservation is in its life; all but the first are final (semantics 6). */
public enum ReservationStatus {
  @JsonProperty("active")
  ACTIVE,
  @JsonProperty("committed")
  COMMITTED,
  @JsonProperty("released")
  RELEASED,
  @JsonProperty("expired")
  EXPIRED
}
