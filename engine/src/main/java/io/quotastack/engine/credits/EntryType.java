package io.quotastack.engine.credits;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What kind of change a ledger entry records (semantics 3). */
public enum EntryType {
  /** Credits came in, or were promised for later (delta 0, then again when they take effect). */
  @JsonProperty("grant")
  GRANT("grant"),
  /** Usage was paid. */
  @JsonProperty("debit")
  DEBIT("debit"),
  /** A reservation pinned credits; the balance stays. */
  @JsonProperty("hold")
  HOLD("hold"),
  /** What a reservation held was let go, by request or because its time was over. */
  @JsonProperty("release")
  RELEASE("release"),
  /** A reservation was committed, whole or in part: its cost was paid. */
  @JsonProperty("capture")
  CAPTURE("capture"),
  /** What a block still had was lost at its {@code expires_at}, or when its last hold ended. */
  @JsonProperty("expire")
  EXPIRE("expire"),
  /** What a block still had was taken back. */
  @JsonProperty("void")
  VOID("void"),
  /** A correction by hand, up or down. */
  @JsonProperty("adjust")
  ADJUST("adjust"),
  /** Paid usage was given back. */
  @JsonProperty("reverse")
  REVERSE("reverse"),
  /** Usage that the blocks could not cover was booked; the balance stays. */
  @JsonProperty("overage")
  OVERAGE("overage"),
  /** Booked overage was paid by a grant, or cleared because it goes on an invoice. */
  @JsonProperty("settle")
  SETTLE("settle");

  private final String wire;

  EntryType(String wire) {
    this.wire = wire;
  }

  /** The name in JSON and in the canonical form. */
  public String wire() {
    return wire;
  }
}
