package io.quotastack.engine.customer;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.customer.CustomerCommand.AdjustCredits;
import io.quotastack.engine.customer.CustomerCommand.GrantCredits;
import io.quotastack.engine.customer.CustomerCommand.GrantTopup;
import io.quotastack.engine.idempotency.Remembered;
import io.quotastack.engine.idempotency.RequestKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How blocks come in: by grants, topups and adjustments, and what they pay first (semantics 3). */
final class DepositRules {
  private DepositRules() {}

  static Outcome grant(Draft draft, GrantCredits command, Instant now) {
    if (isUnknown(draft, command.createAs())) {
      return new Outcome.Refused(new Refusal.CustomerNotFound());
    }
    Instant effectiveAt = command.effectiveAt() == null ? now : command.effectiveAt();
    Instant expiresAt = expiry(effectiveAt, command.expiresAt(), command.expiresAfterSeconds());
    Refusal refusal = badTerms(effectiveAt, expiresAt, command.expiresAfterSeconds() != null, now);
    if (refusal != null) {
      return new Outcome.Refused(refusal);
    }
    checkRoom(draft, command.creditsMc());
    create(draft, command.createAs(), now);
    var terms =
        new BlockTerms(
            draft.next(),
            command.creditsMc(),
            command.priority(),
            effectiveAt,
            expiresAt,
            command.source(),
            command.pricePaid(),
            command.currency(),
            command.metricKeys(),
            command.reason(),
            command.metadata(),
            now);
    long settlesMc = settles(draft, terms, now, 0);
    Outcome done =
        draft.done(
            new CustomerEvent.CreditGranted(
                now,
                command.request(),
                terms,
                deposited(draft, terms, now),
                settlesMc,
                draft.nextWebhook()));
    settle(draft, terms, settlesMc, now);
    return done;
  }

  static Outcome topup(Draft draft, GrantTopup command, Instant now) {
    RequestKey payment = command.payment();
    if (payment != null) {
      Remembered first = draft.state().payments().find(payment.key(), now);
      if (first != null) {
        return first.fingerprint() == payment.fingerprint()
            ? new Outcome.Replayed(first.sequence())
            : new Outcome.Refused(new Refusal.PaymentConflict(first.sequence()));
      }
    }
    if (isUnknown(draft, command.createAs())) {
      return new Outcome.Refused(new Refusal.CustomerNotFound());
    }
    if (command.packageFault() != null) {
      return new Outcome.Refused(new Refusal.InvalidField("/package_id", command.packageFault()));
    }
    Instant expiresAt = expiry(now, command.expiresAt(), command.expiresAfterSeconds());
    Refusal refusal = badTerms(now, expiresAt, command.expiresAfterSeconds() != null, now);
    if (refusal != null) {
      return new Outcome.Refused(refusal);
    }
    checkRoom(draft, Amounts.add(command.creditsMc(), command.bonusMc()));
    create(draft, command.createAs(), now);
    BlockTerms bought = bought(draft, command, expiresAt, now);
    BlockTerms bonus = command.bonusMc() == 0 ? null : bonus(draft, command, expiresAt, now);
    long settlesMc = settles(draft, bought, now, 0);
    long bonusSettlesMc = bonus == null ? 0 : settles(draft, bonus, now, settlesMc);
    Outcome done =
        draft.done(
            new CustomerEvent.TopupGranted(
                now,
                command.request(),
                payment,
                command.packageKey(),
                bought,
                bonus,
                deposited(draft, bought, now),
                settlesMc,
                bonusSettlesMc,
                draft.nextWebhook()));
    if (bonus != null) {
      draft.add(
          new CustomerEvent.CreditGranted(
              now, null, bonus, deposited(draft, bonus, now), bonusSettlesMc, draft.nextWebhook()));
    }
    settle(draft, bought, settlesMc, now);
    if (bonus != null) {
      settle(draft, bonus, bonusSettlesMc, now);
    }
    return done;
  }

  private static BlockTerms bought(
      Draft draft, GrantTopup command, @Nullable Instant expiresAt, Instant now) {
    return new BlockTerms(
        draft.next(),
        command.creditsMc(),
        command.priority(),
        now,
        expiresAt,
        BlockSource.TOPUP,
        command.pricePaid(),
        command.currency(),
        command.metricKeys(),
        null,
        command.metadata(),
        now);
  }

  /** Free, and else as what was bought: the event after that one makes it. */
  private static BlockTerms bonus(
      Draft draft, GrantTopup command, @Nullable Instant expiresAt, Instant now) {
    return new BlockTerms(
        draft.next() + 1,
        command.bonusMc(),
        command.priority(),
        now,
        expiresAt,
        BlockSource.TOPUP,
        null,
        null,
        command.metricKeys(),
        "bonus",
        command.metadata(),
        now);
  }

  static Outcome adjust(Draft draft, AdjustCredits command, Instant now) {
    if (draft.state().profile() == null) {
      return new Outcome.Refused(new Refusal.CustomerNotFound());
    }
    return command.deltaMc() > 0 ? adjustUp(draft, command, now) : adjustDown(draft, command, now);
  }

  private static Outcome adjustUp(Draft draft, AdjustCredits command, Instant now) {
    checkRoom(draft, command.deltaMc());
    var terms =
        correction(
            draft,
            command.deltaMc(),
            BlockSource.ADJUSTMENT,
            command.reason(),
            command.metadata(),
            now);
    long settlesMc = settles(draft, terms, now, 0);
    Outcome done =
        draft.done(
            new CustomerEvent.CreditAdjusted(
                now,
                command.request(),
                terms,
                draft.entry(
                    now,
                    EntryType.ADJUST,
                    command.deltaMc(),
                    0,
                    0,
                    List.of(new Allocation(terms.number(), command.deltaMc())),
                    draft.block(terms.number()),
                    command.reason(),
                    command.metadata()),
                settlesMc,
                draft.nextWebhook()));
    settle(draft, terms, settlesMc, now);
    return done;
  }

  private static Outcome adjustDown(Draft draft, AdjustCredits command, Instant now) {
    long amountMc = -command.deltaMc();
    long effectiveMc = draft.state().effectiveBalanceMc();
    List<Allocation> burned = draft.state().blocks().planOverAll(command.burnOrder(), amountMc);
    if (Draft.sumMc(burned) < amountMc) {
      return new Outcome.Refused(new Refusal.InsufficientCredits(amountMc, effectiveMc));
    }
    return draft.done(
        new CustomerEvent.CreditAdjusted(
            now,
            command.request(),
            null,
            draft.entry(
                now,
                EntryType.ADJUST,
                command.deltaMc(),
                0,
                0,
                burned,
                null,
                command.reason(),
                command.metadata()),
            0,
            draft.nextWebhook()));
  }

  /**
   * The terms of a block that the next event makes to correct something: for anything, for ever.
   */
  static BlockTerms correction(
      Draft draft,
      long amountMc,
      BlockSource source,
      @Nullable String reason,
      Map<String, String> metadata,
      Instant now) {
    return new BlockTerms(
        draft.next(), amountMc, 0, now, null, source, null, null, null, reason, metadata, now);
  }

  private static boolean isUnknown(Draft draft, @Nullable String createAs) {
    return draft.state().profile() == null && createAs == null;
  }

  private static void create(Draft draft, @Nullable String createAs, Instant now) {
    if (draft.state().profile() == null) {
      draft.add(
          new CustomerEvent.CustomerCreated(
              now, null, Profile.named(createAs, now), draft.nextWebhook()));
    }
  }

  /**
   * All that was ever granted bounds every later sum, so that nothing overflows when time, not a
   * request that could be refused, makes a pending block active.
   */
  static void checkRoom(Draft draft, long creditsMc) {
    Amounts.add(
        Amounts.add(draft.state().lifetimeGrantedMc(), draft.state().blocks().pendingMc()),
        creditsMc);
  }

  private static @Nullable Instant expiry(
      Instant effectiveAt, @Nullable Instant expiresAt, @Nullable Long expiresAfterSeconds) {
    return expiresAfterSeconds == null
        ? expiresAt
        // Bounded, so that any number of seconds gives an instant, which is then judged.
        : effectiveAt.plusSeconds(
            Math.min(expiresAfterSeconds, 2 * CustomerDecider.LATEST.getEpochSecond()));
  }

  private static @Nullable Refusal badTerms(
      Instant effectiveAt, @Nullable Instant expiresAt, boolean bySeconds, Instant now) {
    if (effectiveAt.isAfter(CustomerDecider.LATEST)) {
      return new Refusal.InvalidField("/effective_at", "must be before the year 10000");
    }
    if (expiresAt == null) {
      return null;
    }
    String pointer = bySeconds ? "/expires_after_seconds" : "/expires_at";
    if (!expiresAt.isAfter(now)) {
      return new Refusal.InvalidField(pointer, "the block would have expired already");
    }
    if (!expiresAt.isAfter(effectiveAt)) {
      return new Refusal.InvalidField(pointer, "must be after effective_at");
    }
    if (expiresAt.isAfter(CustomerDecider.LATEST)) {
      return new Refusal.InvalidField(pointer, "must be before the year 10000");
    }
    return null;
  }

  /** The entry of a block that the next event, or the one after it, grants. */
  private static LedgerEntry deposited(Draft draft, BlockTerms terms, Instant now) {
    return draft.entry(
        now,
        EntryType.GRANT,
        terms.effectiveAt().isAfter(now) ? 0 : terms.originalAmountMc(),
        0,
        0,
        List.of(new Allocation(terms.number(), terms.originalAmountMc())),
        draft.block(terms.number()),
        terms.reason(),
        terms.metadata());
  }

  /**
   * How much overage that block pays when it takes effect: only one that pays for anything does.
   *
   * @param beforeMc what other blocks of the same command have paid already
   */
  static long settles(Draft draft, BlockTerms terms, Instant now, long beforeMc) {
    return terms.metricKeys() != null || terms.effectiveAt().isAfter(now)
        ? 0
        : Math.min(draft.state().overage().nextGrantMc() - beforeMc, terms.originalAmountMc());
  }

  /** Has that block, which is active, pay that much overage. */
  static void settle(Draft draft, BlockTerms terms, long amountMc, Instant now) {
    if (amountMc == 0) {
      return;
    }
    draft.add(
        new CustomerEvent.OverageSettled(
            now,
            amountMc,
            OverageSettlement.NEXT_GRANT,
            draft.entry(
                now,
                EntryType.SETTLE,
                -amountMc,
                0,
                -amountMc,
                List.of(new Allocation(terms.number(), amountMc)),
                draft.block(terms.number()),
                "next_grant",
                Map.of())));
  }
}
