package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.Period;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.serialization.ClusterMessage;
import io.quotastack.engine.serialization.Stored;
import io.quotastack.engine.topups.AutoTopup;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a customer: the rows of its journal, which is its ledger. Each event holds what
 * is needed to render the answer of the request that caused it, so that a replay reads one row. The
 * names below are stored for ever; a member that was added later may be absent, any other change of
 * shape gets a new name beside the old one.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(value = CustomerEvent.CustomerCreated.class, name = "customer_created.1"),
  @JsonSubTypes.Type(value = CustomerEvent.CustomerUpdated.class, name = "customer_updated.1"),
  @JsonSubTypes.Type(value = CustomerEvent.CreditGranted.class, name = "credit_granted.1"),
  @JsonSubTypes.Type(value = CustomerEvent.CreditAdjusted.class, name = "credit_adjusted.1"),
  @JsonSubTypes.Type(value = CustomerEvent.BlockActivated.class, name = "block_activated.1"),
  @JsonSubTypes.Type(value = CustomerEvent.BlockExpired.class, name = "block_expired.1"),
  @JsonSubTypes.Type(value = CustomerEvent.BlockVoided.class, name = "block_voided.1"),
  @JsonSubTypes.Type(value = CustomerEvent.UsageRecorded.class, name = "usage_recorded.1"),
  @JsonSubTypes.Type(value = CustomerEvent.UsageReversed.class, name = "usage_reversed.1"),
  @JsonSubTypes.Type(value = CustomerEvent.OverageBooked.class, name = "overage_booked.1"),
  @JsonSubTypes.Type(value = CustomerEvent.OverageSettled.class, name = "overage_settled.1"),
  @JsonSubTypes.Type(value = CustomerEvent.CreditsReserved.class, name = "credits_reserved.1"),
  @JsonSubTypes.Type(
      value = CustomerEvent.ReservationCaptured.class,
      name = "reservation_captured.1"),
  @JsonSubTypes.Type(
      value = CustomerEvent.ReservationReleased.class,
      name = "reservation_released.1"),
  @JsonSubTypes.Type(
      value = CustomerEvent.ReservationExtended.class,
      name = "reservation_extended.1"),
  @JsonSubTypes.Type(value = CustomerEvent.TopupGranted.class, name = "topup_granted.1"),
  @JsonSubTypes.Type(value = CustomerEvent.AutoTopupSet.class, name = "auto_topup_set.1"),
  @JsonSubTypes.Type(value = CustomerEvent.TopupRequested.class, name = "topup_requested.1"),
  @JsonSubTypes.Type(value = CustomerEvent.TopupRefused.class, name = "topup_refused.1")
})
public sealed interface CustomerEvent extends Stored, ClusterMessage {
  /** When it holds; never before the event in front of it. */
  Instant at();

  /** The request that caused it; null if time did, or a request that another event answers. */
  default @Nullable RequestKey request() {
    return null;
  }

  /** The ledger entry that it is; null if it moves no credits. */
  default @Nullable LedgerEntry entry() {
    return null;
  }

  /** The terms of the block that it made; null if it made none. */
  @JsonIgnore
  default @Nullable BlockTerms madeBlock() {
    return null;
  }

  /** The number of the webhook message that it will be sent as; 0 = none (semantics 10). */
  @JsonIgnore
  default long webhook() {
    return 0;
  }

  /** What was used, priced and paid, by usage or by a capture: what can be listed and reversed. */
  sealed interface Used extends CustomerEvent {
    /** What was used; null = credits as such were captured, which is no usage. */
    @Nullable String metricKey();

    /** How much; null = as {@link #metricKey()}, or captured as credits. */
    @Nullable BigDecimal units();

    /** What it cost. */
    long costMc();

    /** The part of the cost that was booked as overage. */
    long overageMc();

    /** When the tenant says that it was used. */
    @JsonIgnore
    Instant usedAt();

    /** What the tenant says about it. */
    @JsonIgnore
    Map<String, String> usedProperties();

    /** The version of the rule that priced it; null = none did. */
    @JsonIgnore
    @Nullable Integer pricedBy();

    @Override
    LedgerEntry entry();

    /** The period that began for its metric with it; null = none did. */
    @Nullable Period period();
  }

  /** A customer came to be, by its own request or by the first grant that named it. */
  record CustomerCreated(
      Instant at, @Nullable RequestKey request, Profile profile, long webhookSequence)
      implements CustomerEvent {
    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /** What is known of a customer was changed; holds all of it, as it is now. */
  record CustomerUpdated(Instant at, RequestKey request, Profile profile)
      implements CustomerEvent {}

  /**
   * A block came in. With a later {@code effective_at} its entry has delta 0.
   *
   * @param request null = it is the bonus of the topup in the event before
   * @param settlesMc how much of it pays overage, in the event after
   */
  record CreditGranted(
      Instant at,
      @Nullable RequestKey request,
      BlockTerms block,
      LedgerEntry entry,
      long settlesMc,
      long webhookSequence)
      implements CustomerEvent {
    @Override
    public BlockTerms madeBlock() {
      return block;
    }

    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /**
   * The balance was corrected by hand.
   *
   * @param block the block that an adjustment upwards made; null = it went down
   * @param settlesMc how much of it pays overage, in the event after
   */
  record CreditAdjusted(
      Instant at,
      RequestKey request,
      @Nullable BlockTerms block,
      LedgerEntry entry,
      long settlesMc,
      long webhookSequence)
      implements CustomerEvent {
    @Override
    public @Nullable BlockTerms madeBlock() {
      return block;
    }

    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /** The {@code effective_at} of a pending block came. */
  record BlockActivated(Instant at, long block, LedgerEntry entry) implements CustomerEvent {}

  /**
   * The {@code expires_at} of a block came while it still had something, or something came back to
   * it afterwards. What holds pin of it stays for them.
   */
  record BlockExpired(Instant at, long block, LedgerEntry entry, long webhookSequence)
      implements CustomerEvent {
    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /**
   * A block was taken back, or something came back to one that had been. What holds pin of it stays
   * for them.
   *
   * @param request null = something came back
   * @param block what is left of it
   */
  record BlockVoided(
      Instant at,
      @Nullable RequestKey request,
      Block block,
      LedgerEntry entry,
      long webhookSequence)
      implements CustomerEvent {
    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /**
   * Usage was priced and paid.
   *
   * @param metricKey what was used
   * @param units how much
   * @param costMc what it cost, by the rule
   * @param ruleId the rule that priced it
   * @param ruleVersion its version
   * @param timestamp when the tenant says that it was used
   * @param properties what the tenant says about it
   * @param overageMc the part of the cost that the blocks did not have: the event after books it
   * @param period the period that began for the metric with this usage; null = it goes on
   * @param unitsBefore the units of the period before it, if the price depends on them; else null
   */
  record UsageRecorded(
      Instant at,
      RequestKey request,
      String metricKey,
      BigDecimal units,
      long costMc,
      String ruleId,
      int ruleVersion,
      Instant timestamp,
      Map<String, String> properties,
      long overageMc,
      @Nullable Period period,
      @Nullable BigDecimal unitsBefore,
      LedgerEntry entry,
      long webhookSequence)
      implements Used {
    @Override
    public Instant usedAt() {
      return timestamp;
    }

    @Override
    public Map<String, String> usedProperties() {
      return properties;
    }

    @Override
    public Integer pricedBy() {
      return ruleVersion;
    }

    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /**
   * Usage that was paid was given back, whole or in part.
   *
   * @param usage the number of the event that recorded it
   * @param metricKey what was used
   * @param amountMc how much now
   * @param reversedMc how much of it altogether
   * @param overageMc the part of the amount that reduced outstanding overage
   * @param expiredMc the part that came back to blocks that have expired since, and expired at once
   * @param voidedMc the part that came back to blocks that were voided since, and was taken back
   * @param refund the block made of what had been overage and was settled since; null = none
   * @param returnedTo the terms of the blocks to which something came back
   */
  record UsageReversed(
      Instant at,
      RequestKey request,
      long usage,
      String metricKey,
      long amountMc,
      long reversedMc,
      long overageMc,
      long expiredMc,
      long voidedMc,
      @Nullable BlockTerms refund,
      List<BlockTerms> returnedTo,
      LedgerEntry entry,
      long webhookSequence)
      implements CustomerEvent {
    @Override
    public @Nullable BlockTerms madeBlock() {
      return refund;
    }

    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /**
   * What the blocks did not have was booked.
   *
   * @param amountMc how much
   * @param settlement how it is to be settled
   * @param clearsAt when it is cleared, if it goes on an invoice; null = it does not
   * @param webhookSequence 0 = the tenant is not told
   */
  record OverageBooked(
      Instant at,
      long amountMc,
      OverageSettlement settlement,
      @Nullable Instant clearsAt,
      LedgerEntry entry,
      long webhookSequence)
      implements CustomerEvent {
    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /**
   * Overage was paid by a new block, or cleared at the end of its period.
   *
   * @param amountMc how much
   * @param settlement in which of the two ways
   */
  record OverageSettled(Instant at, long amountMc, OverageSettlement settlement, LedgerEntry entry)
      implements CustomerEvent {}

  /** Credits were pinned for work under way. */
  record CreditsReserved(Instant at, RequestKey request, Reservation reservation, LedgerEntry entry)
      implements CustomerEvent {}

  /**
   * A reservation was committed, whole or in part.
   *
   * @param reservation as it is now, without its price
   * @param costMc what this capture cost
   * @param units its units; null = captured as credits
   * @param fromHeld what was taken of what it pinned
   * @param fromFree what was taken from blocks beyond that
   * @param returned what it let go
   * @param lostMc the part of that which went back to blocks that have ended, and was lost at once
   * @param overageMc the part of the cost that the blocks did not have: the event after books it
   * @param period the period that began for the metric with this usage; null = it goes on
   */
  record ReservationCaptured(
      Instant at,
      RequestKey request,
      Reservation reservation,
      long costMc,
      @Nullable BigDecimal units,
      List<Allocation> fromHeld,
      List<Allocation> fromFree,
      List<Allocation> returned,
      long lostMc,
      long overageMc,
      @Nullable Period period,
      LedgerEntry entry,
      long webhookSequence)
      implements Used {
    @Override
    @JsonIgnore
    public @Nullable String metricKey() {
      return reservation.terms().metricKey();
    }

    @Override
    public Instant usedAt() {
      return at;
    }

    @Override
    public Map<String, String> usedProperties() {
      return reservation.terms().properties();
    }

    @Override
    public @Nullable Integer pricedBy() {
      return reservation.terms().ruleVersion();
    }

    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /**
   * A reservation let go all that it pinned.
   *
   * @param request null = its time was over
   * @param reservation as it is now, without its price
   * @param note why, in the tenant's words
   * @param lostMc the part that went back to blocks that have ended, and was lost at once
   * @param webhookSequence 0 = the tenant is not told, because it was its own request
   */
  record ReservationReleased(
      Instant at,
      @Nullable RequestKey request,
      Reservation reservation,
      @Nullable String note,
      long lostMc,
      LedgerEntry entry,
      long webhookSequence)
      implements CustomerEvent {
    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /** A reservation got another end; holds it as it is now, without its price. */
  record ReservationExtended(Instant at, RequestKey request, Reservation reservation)
      implements CustomerEvent {}

  /**
   * A payment that the tenant took was granted.
   *
   * @param payment the payment's own id and what was asked under it; null = not told
   * @param packageKey the package; null = credits as such
   * @param block what was bought
   * @param bonus what came for free with it, granted by the event after; null = nothing did
   * @param settlesMc how much of the block pays overage, in a later event of the same write
   * @param bonusSettlesMc the same of the bonus
   */
  record TopupGranted(
      Instant at,
      RequestKey request,
      @Nullable RequestKey payment,
      @Nullable String packageKey,
      BlockTerms block,
      @Nullable BlockTerms bonus,
      LedgerEntry entry,
      long settlesMc,
      long bonusSettlesMc,
      long webhookSequence)
      implements CustomerEvent {
    @Override
    public BlockTerms madeBlock() {
      return block;
    }

    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /** When to ask for a topup was set; null = never any more. */
  record AutoTopupSet(
      Instant at, @Nullable RequestKey request, AutoTopup.@Nullable Settings settings)
      implements CustomerEvent {}

  /**
   * The tenant is to top the customer up.
   *
   * @param settings what it asked for
   * @param effectiveMc the effective balance that is below the threshold
   * @param pendingUntil without an answer by then it counts as refused
   */
  record TopupRequested(
      Instant at,
      AutoTopup.Settings settings,
      long effectiveMc,
      Instant pendingUntil,
      long webhookSequence)
      implements CustomerEvent {
    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /**
   * A requested topup did not come.
   *
   * @param request null = there was no answer in time
   * @param notBefore the next is not requested before
   */
  record TopupRefused(Instant at, @Nullable RequestKey request, Instant notBefore)
      implements CustomerEvent {}
}
