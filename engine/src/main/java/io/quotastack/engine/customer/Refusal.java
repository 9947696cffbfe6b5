package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** Why a command changed nothing. A retry with the same key is judged anew (semantics 9). */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "refusal")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Refusal.CustomerNotFound.class, name = "customer_not_found"),
  @JsonSubTypes.Type(value = Refusal.CustomerExists.class, name = "customer_exists"),
  @JsonSubTypes.Type(value = Refusal.InsufficientCredits.class, name = "insufficient_credits"),
  @JsonSubTypes.Type(value = Refusal.AmountOutOfRange.class, name = "amount_out_of_range"),
  @JsonSubTypes.Type(value = Refusal.NoMeteringRule.class, name = "no_metering_rule"),
  @JsonSubTypes.Type(value = Refusal.NoPrice.class, name = "no_price"),
  @JsonSubTypes.Type(value = Refusal.BlockNotLive.class, name = "block_not_live"),
  @JsonSubTypes.Type(value = Refusal.ReservationNotActive.class, name = "reservation_not_active"),
  @JsonSubTypes.Type(value = Refusal.PaymentConflict.class, name = "payment_conflict"),
  @JsonSubTypes.Type(value = Refusal.NoTopupPending.class, name = "no_topup_pending"),
  @JsonSubTypes.Type(value = Refusal.TimestampOutOfRange.class, name = "timestamp_out_of_range"),
  @JsonSubTypes.Type(value = Refusal.KeyReused.class, name = "idempotency_key_reused"),
  @JsonSubTypes.Type(value = Refusal.InvalidField.class, name = "invalid_field")
})
public sealed interface Refusal {
  /** There is no such customer. */
  record CustomerNotFound() implements Refusal {}

  /** There is one of that name already. */
  record CustomerExists(Profile profile, long version) implements Refusal {}

  /** The blocks that may pay for it do not have enough. */
  record InsufficientCredits(long requiredMc, long availableMc) implements Refusal {}

  /** An amount or a sum would leave the allowed range. */
  record AmountOutOfRange(String detail) implements Refusal {}

  /** Nothing prices that metric. */
  record NoMeteringRule(String metricKey) implements Refusal {}

  /** The rule that prices the metric has no price for usage of that kind. */
  record NoPrice(String metricKey) implements Refusal {}

  /** Nothing is left of that block that could be taken back, or there never was such a block. */
  record BlockNotLive(long block) implements Refusal {}

  /** That reservation has ended, or there never was such a reservation. */
  record ReservationNotActive(long reservation) implements Refusal {}

  /** The payment was granted before, with other terms, in that event. */
  record PaymentConflict(long topup) implements Refusal {}

  /** No topup was asked for that could be refused. */
  record NoTopupPending() implements Refusal {}

  /** The usage is dated too far back or ahead. */
  record TimestampOutOfRange(String detail) implements Refusal {}

  /** The key stands for another request. */
  record KeyReused() implements Refusal {}

  /** A field that is well-formed does not fit the moment. */
  record InvalidField(String pointer, String detail) implements Refusal {}
}
