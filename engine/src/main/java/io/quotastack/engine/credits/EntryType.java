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
  /** What a block still had was lost at its {@code expires_at}. */
  @JsonProperty("expire")
  EXPIRE("expire");

  private final String wire;

  EntryType(String wire) {
    this.wire = wire;
  }

  /** The name in JSON and in the canonical form. */
  public String wire() {
    return wire;
  }
}
