package io.quotastack.engine.credits;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How overage is paid off (semantics 3); what was booked keeps the way it was booked under. */
public enum OverageSettlement {
  /** The next grant pays it first. */
  @JsonProperty("next_grant")
  NEXT_GRANT,
  /** It is reported and cleared at the end of the period: the tenant puts it on an invoice. */
  @JsonProperty("invoice")
  INVOICE
}
