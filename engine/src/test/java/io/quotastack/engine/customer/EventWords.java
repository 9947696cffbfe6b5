package io.quotastack.engine.customer;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.customer.Happening.Entry;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.Period;
import io.quotastack.engine.metering.Quote;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.reservations.ReservationTerms;
import io.quotastack.engine.topups.AutoTopup;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the engine has written and what it answers, in the words of the reference model. */
final class EventWords {
  private EventWords() {}

  static Happening of(long number, CustomerEvent event) {
    RequestKey request = event.request();
    LedgerEntry entry = event.entry();
    return new Happening(
        number,
        event.getClass().getSimpleName(),
        event.at(),
        request == null ? null : request.key(),
        event.webhook(),
        facts(event),
        entry == null ? null : entry(entry));
  }

  private static Entry entry(LedgerEntry entry) {
    Reference reference = entry.reference();
    return new Entry(
        entry.number(),
        entry.sequence(),
        entry.type().wire(),
        big(entry.delta()),
        big(entry.balanceAfter()),
        big(entry.reservedAfter()),
        big(entry.overageAfter()),
        moved(entry.allocations()),
        reference == null ? null : reference.type(),
        reference == null ? null : reference.id(),
        entry.reason(),
        entry.metadata(),
        entry.createdAt());
  }

  private static List<@Nullable Object> facts(CustomerEvent event) {
    return switch (event) {
      case CustomerEvent.CustomerCreated created -> ofProfile(created.profile());
      case CustomerEvent.CustomerUpdated updated -> ofProfile(updated.profile());
      case CustomerEvent.CreditGranted granted ->
          Happening.facts(terms(granted.block()), big(granted.settlesMc()));
      case CustomerEvent.CreditAdjusted adjusted ->
          Happening.facts(terms(adjusted.block()), big(adjusted.settlesMc()));
      case CustomerEvent.BlockActivated activated -> Happening.facts(activated.block());
      case CustomerEvent.BlockExpired expired -> Happening.facts(expired.block());
      case CustomerEvent.BlockVoided gone ->
          Happening.facts(
              terms(gone.block().terms()),
              big(gone.block().remainingMc()),
              big(gone.block().heldMc()),
              String.valueOf(gone.block().ended()));
      case CustomerEvent.UsageRecorded used ->
          Happening.facts(
              used.metricKey(),
              used.units(),
              big(used.costMc()),
              used.ruleId(),
              used.ruleVersion(),
              used.timestamp(),
              used.properties(),
              big(used.overageMc()),
              period(used.period()),
              Happening.plain(used.unitsBefore()));
      case CustomerEvent.UsageReversed back ->
          Happening.facts(
              back.usage(),
              back.metricKey(),
              big(back.amountMc()),
              big(back.reversedMc()),
              big(back.overageMc()),
              big(back.expiredMc()),
              big(back.voidedMc()),
              terms(back.refund()),
              back.returnedTo().stream().map(EventWords::terms).toList());
      case CustomerEvent.OverageBooked booked ->
          Happening.facts(big(booked.amountMc()), booked.settlement(), booked.clearsAt());
      case CustomerEvent.OverageSettled settled ->
          Happening.facts(big(settled.amountMc()), settled.settlement());
      case CustomerEvent.CreditsReserved reserved ->
          Happening.facts(
              reservation(reserved.reservation()), price(reserved.reservation().quote()));
      case CustomerEvent.ReservationCaptured captured ->
          Happening.facts(
              reservation(captured.reservation()),
              big(captured.costMc()),
              captured.units(),
              moved(captured.fromHeld()),
              moved(captured.fromFree()),
              moved(captured.returned()),
              big(captured.lostMc()),
              big(captured.overageMc()),
              period(captured.period()));
      case CustomerEvent.ReservationReleased released ->
          Happening.facts(
              reservation(released.reservation()), released.note(), big(released.lostMc()));
      case CustomerEvent.ReservationExtended extended ->
          Happening.facts(reservation(extended.reservation()));
      case CustomerEvent.TopupGranted topup ->
          Happening.facts(
              topup.payment(),
              topup.packageKey(),
              terms(topup.block()),
              terms(topup.bonus()),
              big(topup.settlesMc()),
              big(topup.bonusSettlesMc()));
      case CustomerEvent.AutoTopupSet set -> Happening.facts(set.settings());
      case CustomerEvent.TopupRequested requested ->
          Happening.facts(
              requested.settings(), big(requested.effectiveMc()), requested.pendingUntil());
      case CustomerEvent.TopupRefused refused -> Happening.facts(refused.notBefore());
    };
  }

  static @Nullable List<@Nullable Object> profile(@Nullable Profile profile) {
    return profile == null ? null : ofProfile(profile);
  }

  private static List<@Nullable Object> ofProfile(Profile profile) {
    return Happening.facts(
        profile.externalId(),
        profile.displayName(),
        profile.email(),
        profile.timeZone(),
        profile.overagePolicy(),
        profile.maxOverageMc(),
        profile.metadata(),
        profile.createdAt(),
        profile.updatedAt());
  }

  static @Nullable List<@Nullable Object> terms(@Nullable BlockTerms terms) {
    return terms == null
        ? null
        : Happening.facts(
            terms.number(),
            big(terms.originalAmountMc()),
            terms.priority(),
            terms.effectiveAt(),
            terms.expiresAt(),
            terms.source().name(),
            terms.pricePaid(),
            terms.currency(),
            terms.metricKeys(),
            terms.reason(),
            terms.metadata(),
            terms.createdAt());
  }

  static List<@Nullable Object> reservation(Reservation reservation) {
    ReservationTerms terms = reservation.terms();
    return Happening.facts(
        Happening.facts(
            terms.number(),
            terms.metricKey(),
            terms.ruleId(),
            terms.ruleVersion(),
            terms.estimatedUnits(),
            big(terms.reservedMc()),
            terms.properties(),
            terms.metadata(),
            terms.createdAt()),
        moved(reservation.held()),
        big(reservation.capturedMc()),
        Happening.plain(reservation.capturedUnits()),
        big(reservation.chargedForUnitsMc()),
        reservation.expiresAt(),
        reservation.status().name());
  }

  static @Nullable List<@Nullable Object> price(@Nullable Quote quote) {
    return quote == null
        ? null
        : Happening.facts(quote.price(), quote.rounding(), Happening.plain(quote.unitsBefore()));
  }

  static @Nullable List<@Nullable Object> autoTopup(@Nullable AutoTopup autoTopup) {
    return autoTopup == null
        ? null
        : Happening.facts(
            autoTopup.settings(),
            autoTopup.pendingUntil(),
            autoTopup.refusals(),
            autoTopup.notBefore());
  }

  private static @Nullable List<@Nullable Object> period(@Nullable Period period) {
    return period == null ? null : Happening.facts(period.start(), period.end());
  }

  private static List<String> moved(List<Allocation> allocations) {
    var moved = new ArrayList<String>(allocations.size());
    for (Allocation allocation : allocations) {
      moved.add(allocation.block() + ":" + allocation.amountMc());
    }
    return moved;
  }

  static BigInteger big(long amountMc) {
    return BigInteger.valueOf(amountMc);
  }

  /** The outcome, as the reference model tells it. */
  static String outcome(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Done done -> "done " + done.sequence();
      case Outcome.Replayed replayed -> "replayed " + replayed.sequence();
      case Outcome.Settled ignored -> "settled";
      case Outcome.Refused refused -> "refused: " + refusal(refused.refusal());
    };
  }

  private static String refusal(Refusal refusal) {
    return switch (refusal) {
      case Refusal.CustomerNotFound ignored -> "customer not found";
      case Refusal.CustomerExists exists ->
          "customer exists as " + profile(exists.profile()) + " " + exists.version();
      case Refusal.InsufficientCredits insufficient ->
          "insufficient " + insufficient.requiredMc() + " of " + insufficient.availableMc();
      case Refusal.AmountOutOfRange ignored -> "out of range";
      case Refusal.NoMeteringRule none -> "no rule for " + none.metricKey();
      case Refusal.NoPrice none -> "no price for " + none.metricKey();
      case Refusal.BlockNotLive gone -> "block " + gone.block() + " not live";
      case Refusal.ReservationNotActive ended ->
          "reservation " + ended.reservation() + " not active";
      case Refusal.PaymentConflict conflict -> "payment conflict with " + conflict.topup();
      case Refusal.NoTopupPending ignored -> "no topup pending";
      case Refusal.TimestampOutOfRange ignored -> "timestamp";
      case Refusal.KeyReused ignored -> "key reused";
      case Refusal.InvalidField field -> "field " + field.pointer();
    };
  }
}
