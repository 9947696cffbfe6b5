package io.quotastack.engine.customer;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.customer.CustomerCommand.RecordUsage;
import io.quotastack.engine.customer.CustomerCommand.ReverseUsage;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Period;
import io.quotastack.engine.metering.PeriodUnits;
import io.quotastack.engine.metering.Quote;
import io.quotastack.engine.metering.TierScope;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How usage is priced and paid, by blocks and beyond them, and given back (semantics 3, 4). */
final class UsageRules {
  /** At these percentages of the most overage a tenant that wants to know is told. */
  private static final int[] THRESHOLDS_PERCENT = {50, 80, 100};

  private static final int WHOLE_PERCENT = 100;

  private UsageRules() {}

  static Outcome usage(Draft draft, RecordUsage command, Instant now) {
    if (draft.state().profile() == null) {
      return new Outcome.Refused(new Refusal.CustomerNotFound());
    }
    MeteringRule rule = command.pricing().at(now);
    if (rule == null) {
      return new Outcome.Refused(new Refusal.NoMeteringRule(command.metricKey()));
    }
    Instant timestamp = command.timestamp() == null ? now : command.timestamp();
    if (timestamp.isBefore(now.minus(CustomerDecider.USAGE_MAX_AGE))
        || timestamp.isAfter(now.plus(CustomerDecider.USAGE_MAX_AHEAD))) {
      return new Outcome.Refused(
          new Refusal.TimestampOutOfRange(
              "usage may be dated at most 30 days back and 5 minutes ahead"));
    }
    BigDecimal unitsBefore = draft.state().unitsInPeriod(command.metricKey(), now);
    Quote quote = rule.quote(command.properties(), unitsBefore);
    if (quote == null) {
      return new Outcome.Refused(new Refusal.NoPrice(command.metricKey()));
    }
    AccountPolicy policy = draft.policy(command.policy());
    long costMc = quote.costMc(command.units());
    Payment payment = pay(draft, policy, command.metricKey(), costMc, 0);
    if (payment.refusal() != null) {
      return new Outcome.Refused(payment.refusal());
    }
    long number = draft.next();
    Outcome done =
        draft.done(
            new CustomerEvent.UsageRecorded(
                now,
                command.request(),
                command.metricKey(),
                command.units(),
                costMc,
                rule.id(),
                rule.version(),
                timestamp,
                command.properties(),
                payment.overageMc(),
                begunPeriod(draft, command.metricKey(), policy, now),
                rule.tierScope() == TierScope.PERIOD ? unitsBefore : null,
                draft.entry(
                    now,
                    EntryType.DEBIT,
                    payment.overageMc() - costMc,
                    0,
                    0,
                    payment.taken(),
                    draft.usage(number),
                    null,
                    command.metadata()),
                draft.nextWebhook()));
    bookOverage(draft, policy, payment.overageMc(), draft.usage(number), now);
    return done;
  }

  /**
   * How something is paid.
   *
   * @param taken from which blocks
   * @param overageMc what they don't have and the policy lets be booked
   * @param refusal why it can't be paid; null = it can
   */
  record Payment(List<Allocation> taken, long overageMc, @Nullable Refusal refusal) {}

  /**
   * How a debit for that metric (null = for credits as such) is paid: from the blocks that may pay
   * for it, and beyond them as far as the policy allows.
   *
   * @param heldMc what a reservation pays besides; only for what a refusal tells
   * @throws io.quotastack.engine.credits.AmountOutOfRangeException if nothing but the range of
   *     amounts forbids so much overage
   */
  static Payment pay(
      Draft draft, AccountPolicy policy, @Nullable String metricKey, long costMc, long heldMc) {
    long availableMc = draft.state().blocks().availableMc(metricKey);
    long fromBlocksMc = Math.min(costMc, availableMc);
    long overageMc = costMc - fromBlocksMc;
    long roomMc = overageRoomMc(draft.state(), policy);
    if (overageMc > roomMc && isCapped(policy)) {
      return new Payment(
          List.of(),
          0,
          new Refusal.InsufficientCredits(
              costMc + heldMc, Math.min(Amounts.MAX_MC, availableMc + heldMc + roomMc)));
    }
    Amounts.add(draft.state().overageMc(), overageMc);
    return new Payment(
        draft.state().blocks().plan(policy.burnOrder(), metricKey, fromBlocksMc), overageMc, null);
  }

  private static boolean isCapped(AccountPolicy policy) {
    return policy.overagePolicy() == OveragePolicy.BLOCK || policy.maxOverageMc() != null;
  }

  /** How much more overage may be booked, in mc. */
  static long overageRoomMc(CustomerState state, AccountPolicy policy) {
    if (policy.overagePolicy() == OveragePolicy.BLOCK) {
      return 0;
    }
    Long maxMc = policy.maxOverageMc();
    return Math.max(0, (maxMc == null ? Amounts.MAX_MC : maxMc) - state.overageMc());
  }

  /** The period that begins for a metric with usage now; null = it is under way. */
  static @Nullable Period begunPeriod(
      Draft draft, String metricKey, AccountPolicy policy, Instant now) {
    PeriodUnits counted = draft.state().periods().get(metricKey);
    return counted != null && counted.period().contains(now)
        ? null
        : Period.month(now, policy.timeZone());
  }

  /** Books what the blocks did not have, if there is any. */
  static void bookOverage(
      Draft draft, AccountPolicy policy, long amountMc, Reference reference, Instant now) {
    if (amountMc == 0) {
      return;
    }
    OverageSettlement settlement = policy.overageSettlement();
    long beforeMc = draft.state().overageMc();
    draft.add(
        new CustomerEvent.OverageBooked(
            now,
            amountMc,
            settlement,
            settlement == OverageSettlement.INVOICE ? clearsAt(draft, policy, now) : null,
            draft.entry(
                now, EntryType.OVERAGE, 0, 0, amountMc, List.of(), reference, null, Map.of()),
            isTold(policy, beforeMc, beforeMc + amountMc) ? draft.nextWebhook() : 0));
  }

  /** What waits for an invoice already takes what is added to it along. */
  private static Instant clearsAt(Draft draft, AccountPolicy policy, Instant now) {
    Instant at = draft.state().overage().clearsAt();
    return at == null ? Period.month(now, policy.timeZone()).end() : at;
  }

  private static boolean isTold(AccountPolicy policy, long beforeMc, long afterMc) {
    if (policy.overagePolicy() != OveragePolicy.NOTIFY) {
      return false;
    }
    Long maxMc = policy.maxOverageMc();
    boolean told = beforeMc == 0;
    for (int percent : THRESHOLDS_PERCENT) {
      told |= maxMc != null && isReached(beforeMc, afterMc, maxMc, percent);
    }
    return told;
  }

  private static boolean isReached(long beforeMc, long afterMc, long maxMc, int percent) {
    // Rounded up: the threshold is reached when the exact share is.
    long thresholdMc =
        maxMc / WHOLE_PERCENT * percent
            + Math.ceilDiv(maxMc % WHOLE_PERCENT * percent, (long) WHOLE_PERCENT);
    return beforeMc < thresholdMc && afterMc >= thresholdMc;
  }

  static Outcome reverse(Draft draft, ReverseUsage command, Instant now) {
    if (draft.state().profile() == null) {
      return new Outcome.Refused(new Refusal.CustomerNotFound());
    }
    long reversedMc = draft.state().reversed().getOrDefault(command.usage(), 0L);
    long leftMc = command.costMc() - reversedMc;
    Long asked = command.creditsMc();
    long amountMc = asked == null ? leftMc : asked;
    if (leftMc == 0) {
      return new Outcome.Refused(
          new Refusal.InvalidField(
              "/credits", "nothing is left of this usage that could be reversed"));
    }
    if (amountMc > leftMc) {
      return new Outcome.Refused(
          new Refusal.InvalidField(
              "/credits", "is more than the " + leftMc + " mc that are left of this usage"));
    }
    return reverse(draft, command, amountMc, reversedMc, now);
  }

  private static Outcome reverse(
      Draft draft, ReverseUsage command, long amountMc, long reversedMc, Instant now) {
    CustomerState state = draft.state();
    // What was taken last comes back first: the overage, then the blocks from the last on.
    long ofOverageMc = Math.clamp(command.overageMc() - reversedMc, 0, amountMc);
    long reducesMc = Math.min(ofOverageMc, state.overageMc());
    long refundMc = ofOverageMc - reducesMc;
    List<Allocation> returned =
        newestFirst(
            command.taken(), Math.max(0, reversedMc - command.overageMc()), amountMc - ofOverageMc);
    BlockTerms refund = null;
    var all = new ArrayList<Allocation>();
    if (refundMc > 0) {
      DepositRules.checkRoom(draft, refundMc);
      refund =
          DepositRules.correction(
              draft, refundMc, BlockSource.REFUND, command.reason(), Map.of(), now);
      all.add(new Allocation(refund.number(), refundMc));
    }
    all.addAll(returned);
    long expiredMc = 0;
    long voidedMc = 0;
    var returnedTo = new ArrayList<BlockTerms>();
    for (Allocation allocation : returned) {
      BlockTerms terms = terms(command.blocks(), allocation.block());
      returnedTo.add(terms);
      if (state.voided().contains(terms.number())) {
        voidedMc += allocation.amountMc();
      } else if (CustomerState.isExpired(terms, now)) {
        expiredMc += allocation.amountMc();
      }
    }
    Outcome done =
        draft.done(
            new CustomerEvent.UsageReversed(
                now,
                command.request(),
                command.usage(),
                command.metricKey(),
                amountMc,
                reversedMc + amountMc,
                reducesMc,
                expiredMc,
                voidedMc,
                refund,
                returnedTo,
                draft.entry(
                    now,
                    EntryType.REVERSE,
                    amountMc - reducesMc,
                    0,
                    -reducesMc,
                    all,
                    draft.usage(command.usage()),
                    command.reason(),
                    Map.of()),
                draft.nextWebhook()));
    BlockRules.loseWhatCameBack(draft, returned, now);
    return done;
  }

  /** So much of what was taken, from the end on, without the last of it that came back before. */
  private static List<Allocation> newestFirst(
      List<Allocation> taken, long beforeMc, long amountMc) {
    var back = new ArrayList<Allocation>();
    var newestFirst = new ArrayList<>(taken);
    Collections.reverse(newestFirst);
    long skipMc = beforeMc;
    long missingMc = amountMc;
    for (Allocation allocation : newestFirst) {
      long skippedMc = Math.min(skipMc, allocation.amountMc());
      skipMc -= skippedMc;
      long backMc = Math.min(missingMc, allocation.amountMc() - skippedMc);
      if (backMc > 0) {
        back.add(new Allocation(allocation.block(), backMc));
        missingMc -= backMc;
      }
    }
    return back;
  }

  private static BlockTerms terms(List<BlockTerms> blocks, long number) {
    for (BlockTerms terms : blocks) {
      if (terms.number() == number) {
        return terms;
      }
    }
    throw new IllegalStateException("the terms of block " + number + " were not brought");
  }
}
