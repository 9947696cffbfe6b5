package io.quotastack.engine.customer;

import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.customer.CustomerCommand.Commit;
import io.quotastack.engine.customer.CustomerCommand.Extend;
import io.quotastack.engine.customer.CustomerCommand.Release;
import io.quotastack.engine.customer.CustomerCommand.Reserve;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Period;
import io.quotastack.engine.metering.Quote;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.reservations.ReservationStatus;
import io.quotastack.engine.reservations.ReservationTerms;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How credits are pinned for work under way, paid when it is done, or let go (semantics 6). */
final class ReservationRules {
  private ReservationRules() {}

  static Outcome reserve(Draft draft, Reserve command, Instant now) {
    if (draft.state().profile() == null) {
      return new Outcome.Refused(new Refusal.CustomerNotFound());
    }
    MeteringRule rule = null;
    Quote quote = null;
    long amountMc;
    String metricKey = command.metricKey();
    BigDecimal units = command.estimatedUnits();
    if (metricKey != null && units != null) {
      rule = command.pricing().at(now);
      if (rule == null) {
        return new Outcome.Refused(new Refusal.NoMeteringRule(metricKey));
      }
      quote = rule.quote(command.properties(), draft.state().unitsInPeriod(metricKey, now));
      if (quote == null) {
        return new Outcome.Refused(new Refusal.NoPrice(metricKey));
      }
      amountMc = quote.costMc(units);
    } else if (command.creditsMc() != null) {
      amountMc = command.creditsMc();
    } else {
      throw new IllegalArgumentException("neither units nor credits: " + command);
    }
    long availableMc = draft.state().blocks().availableMc(metricKey);
    if (availableMc < amountMc) {
      return new Outcome.Refused(new Refusal.InsufficientCredits(amountMc, availableMc));
    }
    return draft.done(reserved(draft, command, rule, quote, amountMc, now));
  }

  private static CustomerEvent reserved(
      Draft draft,
      Reserve command,
      @Nullable MeteringRule rule,
      @Nullable Quote quote,
      long amountMc,
      Instant now) {
    long number = draft.next();
    List<Allocation> held =
        draft
            .state()
            .blocks()
            .plan(draft.policy(command.policy()).burnOrder(), command.metricKey(), amountMc);
    var reservation =
        new Reservation(
            new ReservationTerms(
                number,
                command.metricKey(),
                rule == null ? null : rule.id(),
                rule == null ? null : rule.version(),
                command.estimatedUnits(),
                amountMc,
                command.properties(),
                command.metadata(),
                now),
            quote,
            held,
            0,
            BigDecimal.ZERO,
            0,
            now.plusSeconds(command.ttlSeconds()),
            ReservationStatus.ACTIVE);
    return new CustomerEvent.CreditsReserved(
        now,
        command.request(),
        reservation,
        draft.entry(
            now,
            EntryType.HOLD,
            0,
            amountMc,
            0,
            held,
            draft.reservation(number),
            null,
            command.metadata()));
  }

  static Outcome commit(Draft draft, Commit command, Instant now) {
    Reservation active = draft.state().reservations().get(command.reservation());
    if (active == null) {
      return notActive(draft, command.reservation());
    }
    boolean priced = active.quote() != null;
    if (command.actualUnits() != null && !priced) {
      return new Outcome.Refused(
          new Refusal.InvalidField(
              "/actual_units", "the reservation is for credits: give credits"));
    }
    boolean whole = command.actualUnits() == null && command.creditsMc() == null;
    if (whole && !command.last()) {
      return new Outcome.Refused(
          new Refusal.InvalidField("", "a commit that is not final needs actual_units or credits"));
    }
    BigDecimal units = whole && priced ? active.unitsLeft() : command.actualUnits();
    Long creditsMc = command.creditsMc();
    long costMc =
        units != null ? active.costMc(units) : creditsMc != null ? creditsMc : active.heldMc();
    return captured(draft, command, active, units, costMc, now);
  }

  private static Outcome captured(
      Draft draft,
      Commit command,
      Reservation active,
      @Nullable BigDecimal units,
      long costMc,
      Instant now) {
    AccountPolicy policy = draft.policy(command.policy());
    String metricKey = active.terms().metricKey();
    long heldMc = active.heldMc();
    long fromHeldMc = Math.min(costMc, heldMc);
    UsageRules.Payment excess =
        UsageRules.pay(draft, policy, metricKey, costMc - fromHeldMc, fromHeldMc);
    if (excess.refusal() != null) {
      return new Outcome.Refused(excess.refusal());
    }
    List<Allocation> fromHeld = active.first(fromHeldMc);
    List<Allocation> left = active.beyond(fromHeldMc);
    List<Allocation> returned = command.last() ? left : List.of();
    Period begun =
        metricKey == null || units == null
            ? null
            : UsageRules.begunPeriod(draft, metricKey, policy, now);
    Reservation after =
        active.captured(
            costMc,
            units,
            command.last() ? List.of() : left,
            command.last() ? ReservationStatus.COMMITTED : ReservationStatus.ACTIVE);
    long number = draft.next();
    Outcome done =
        draft.done(
            new CustomerEvent.ReservationCaptured(
                now,
                command.request(),
                after.withQuote(null),
                costMc,
                units,
                fromHeld,
                excess.taken(),
                returned,
                BlockRules.lostMc(draft, returned),
                excess.overageMc(),
                begun,
                draft.entry(
                    now,
                    EntryType.CAPTURE,
                    excess.overageMc() - costMc,
                    -fromHeldMc - Draft.sumMc(returned),
                    0,
                    together(fromHeld, excess.taken()),
                    draft.reservation(command.reservation()),
                    null,
                    command.metadata()),
                draft.nextWebhook()));
    UsageRules.bookOverage(
        draft,
        policy,
        excess.overageMc(),
        metricKey == null ? draft.reservation(command.reservation()) : draft.usage(number),
        now);
    BlockRules.loseWhatCameBack(draft, returned, now);
    return done;
  }

  /** Both, in order, with each block once. */
  private static List<Allocation> together(List<Allocation> first, List<Allocation> then) {
    if (then.isEmpty()) {
      return first;
    }
    var byBlock = new LinkedHashMap<Long, Long>();
    for (List<Allocation> each : List.of(first, then)) {
      each.forEach(
          allocation -> byBlock.merge(allocation.block(), allocation.amountMc(), Long::sum));
    }
    var all = new ArrayList<Allocation>(byBlock.size());
    byBlock.forEach((block, amountMc) -> all.add(new Allocation(block, amountMc)));
    return all;
  }

  static Outcome release(Draft draft, Release command, Instant now) {
    Reservation active = draft.state().reservations().get(command.reservation());
    return active == null
        ? notActive(draft, command.reservation())
        : letGo(draft, active, ReservationStatus.RELEASED, command.request(), command.note(), now);
  }

  /** Ends that reservation because its time is over. */
  static void expire(Draft draft, long number, Instant at) {
    Reservation active = draft.state().reservations().get(number);
    if (active == null) {
      throw new IllegalStateException("due reservation " + number + " is not active");
    }
    var _ = letGo(draft, active, ReservationStatus.EXPIRED, null, null, at);
  }

  private static Outcome letGo(
      Draft draft,
      Reservation active,
      ReservationStatus status,
      @Nullable RequestKey request,
      @Nullable String note,
      Instant at) {
    boolean expired = status == ReservationStatus.EXPIRED;
    Outcome done =
        draft.done(
            new CustomerEvent.ReservationReleased(
                at,
                request,
                active.ended(status).withQuote(null),
                note,
                BlockRules.lostMc(draft, active.held()),
                draft.entry(
                    at,
                    EntryType.RELEASE,
                    0,
                    -active.heldMc(),
                    0,
                    active.held(),
                    draft.reservation(active.terms().number()),
                    expired ? "expired" : "released",
                    Map.of()),
                expired ? draft.nextWebhook() : 0));
    BlockRules.loseWhatCameBack(draft, active.held(), at);
    return done;
  }

  static Outcome extend(Draft draft, Extend command, Instant now) {
    Reservation active = draft.state().reservations().get(command.reservation());
    if (active == null) {
      return notActive(draft, command.reservation());
    }
    return draft.done(
        new CustomerEvent.ReservationExtended(
            now,
            command.request(),
            active.until(now.plusSeconds(command.ttlSeconds())).withQuote(null)));
  }

  private static Outcome notActive(Draft draft, long number) {
    return new Outcome.Refused(
        draft.state().profile() == null
            ? new Refusal.CustomerNotFound()
            : new Refusal.ReservationNotActive(number));
  }
}
