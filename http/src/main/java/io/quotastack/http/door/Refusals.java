package io.quotastack.http.door;

import io.quotastack.engine.customer.CustomerMessage.Unavailable;
import io.quotastack.engine.customer.Refusal;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.engine.tenant.TenantReply;
import io.quotastack.http.customer.CustomerJson;
import io.quotastack.http.problems.FieldError;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemType;
import java.util.List;

/** What the engine refuses, as the problem that a client gets. */
public final class Refusals {
  private static final int RETRY_AFTER_SECONDS = 1;

  private Refusals() {}

  /** Why a customer's command, which was a whole body, changed nothing. */
  public static Problem problem(CustomerRef customer, Refusal refusal) {
    return problem(customer, refusal, "");
  }

  /**
   * Why a customer's command changed nothing.
   *
   * @param place the JSON pointer to what the command was in its body; empty if it was all of it
   */
  public static Problem problem(CustomerRef customer, Refusal refusal, String place) {
    return switch (refusal) {
      case Refusal.CustomerNotFound ignored -> Problem.customerNotFound();
      case Refusal.CustomerExists exists ->
          Problem.of(
                  ProblemType.CUSTOMER_EXISTS, "There is a customer with this external id already")
              .withObject(
                  "customer",
                  json ->
                      CustomerJson.write(
                          json, customer.customerId(), exists.profile(), exists.version()));
      case Refusal.InsufficientCredits insufficient ->
          Problem.insufficientCredits(insufficient.requiredMc(), insufficient.availableMc());
      case Refusal.AmountOutOfRange outOfRange ->
          Problem.of(ProblemType.AMOUNT_OUT_OF_RANGE, outOfRange.detail());
      case Refusal.NoMeteringRule none ->
          Problem.of(
              ProblemType.NO_METERING_RULE,
              "Nothing prices the metric '" + none.metricKey() + "' now");
      case Refusal.NoPrice none ->
          Problem.of(
              ProblemType.NO_PRICE,
              "The rule of the metric '"
                  + none.metricKey()
                  + "' has no price for usage with these properties");
      case Refusal.BlockNotLive _ ->
          Problem.invalidRequest(place, "the block has nothing left that could be voided");
      case Refusal.ReservationNotActive gone ->
          Problem.notFound(
              "There is no active reservation "
                  + OwnedId.Kind.RESERVATION.text(customer.customerId(), gone.reservation()));
      case Refusal.PaymentConflict conflict ->
          Problem.of(
                  ProblemType.PAYMENT_CONFLICT,
                  "This external_payment_id was granted before, with other terms")
              .with("topup_id", OwnedId.Kind.TOPUP.text(customer.customerId(), conflict.topup()));
      case Refusal.NoTopupPending _ ->
          Problem.invalidRequest(place, "no topup is asked for that could be refused");
      case Refusal.TimestampOutOfRange outOfRange ->
          Problem.withErrors(
              ProblemType.TIMESTAMP_OUT_OF_RANGE,
              List.of(new FieldError(place + "/timestamp", outOfRange.detail())));
      case Refusal.KeyReused ignored -> keyReused();
      case Refusal.InvalidField invalid ->
          Problem.invalidRequest(place + invalid.pointer(), invalid.detail());
    };
  }

  /** Why a tenant's command changed nothing. */
  public static Problem problem(TenantReply.Refused refused) {
    return switch (refused.reason()) {
      case NOT_FOUND -> Problem.notFound(refused.detail());
      case ALREADY_EXISTS ->
          Problem.withErrors(
              ProblemType.ALREADY_EXISTS,
              List.of(new FieldError(refused.pointer(), refused.detail())));
      case KEY_REUSED -> keyReused();
      case INVALID -> Problem.invalidRequest(refused.pointer(), refused.detail());
      case OUT_OF_RANGE ->
          Problem.withErrors(
              ProblemType.AMOUNT_OUT_OF_RANGE,
              List.of(new FieldError(refused.pointer(), refused.detail())));
    };
  }

  /** Why a tenant gives no answer. */
  public static Problem problem(TenantReply.Unavailable unavailable) {
    return switch (unavailable.cause()) {
      case OVERLOADED -> Problem.overloaded(RETRY_AFTER_SECONDS);
      case STORAGE -> Problem.storageUnavailable(RETRY_AFTER_SECONDS);
    };
  }

  /** Why a customer gives no answer. */
  public static Problem problem(Unavailable unavailable) {
    return switch (unavailable) {
      case OVERLOADED -> Problem.overloaded(RETRY_AFTER_SECONDS);
      case STORAGE -> Problem.storageUnavailable(RETRY_AFTER_SECONDS);
    };
  }

  private static Problem keyReused() {
    return Problem.of(
        ProblemType.IDEMPOTENCY_KEY_REUSED,
        "This Idempotency-Key was used for a request with another method, path or body");
  }
}
