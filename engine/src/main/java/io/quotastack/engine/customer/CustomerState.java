package io.quotastack.engine.customer;

import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.Blocks;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.LedgerHash;
import io.quotastack.engine.credits.Overage;
import io.quotastack.engine.idempotency.IdempotencyWindow;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.Period;
import io.quotastack.engine.metering.PeriodUnits;
import io.quotastack.engine.reservations.Reservation;
import io.quotastack.engine.reservations.Reservations;
import io.quotastack.engine.topups.AutoTopup;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.pcollections.TreePMap;
import org.pcollections.TreePSet;

/**
 * All that the actor knows of its customer. Immutable; {@link #apply} is the only way to a next
 * state, so that replaying the journal gives the same state on every node.
 *
 * @param profile null = the customer does not exist
 * @param blocks the live blocks
 * @param reservations the active reservations
 * @param overage what was used beyond the blocks and is not settled
 * @param lifetimeGrantedMc all that ever took effect
 * @param lifetimeConsumedMc all that usage ever cost, less what was reversed
 * @param periods the units of each metric in its latest period
 * @param reversed how much of a usage event was given back, by its number, for those of which some
 *     was
 * @param voided the numbers of the blocks that were taken back
 * @param payments the payments that were granted
 * @param autoTopup when a topup is asked for; null = never
 * @param ledgerSequence of the last ledger entry; 0 = none
 * @param ledgerHash of the last ledger entry
 * @param webhookSequence of the last webhook message; 0 = none
 * @param version the sequence number of the last journal event; 0 = none
 * @param lastAt the time of the last event: the customer's clock never shows less
 * @param window the idempotency keys that are remembered
 */
public record CustomerState(
    @Nullable Profile profile,
    Blocks blocks,
    Reservations reservations,
    Overage overage,
    long lifetimeGrantedMc,
    long lifetimeConsumedMc,
    HashPMap<String, PeriodUnits> periods,
    TreePMap<Long, Long> reversed,
    TreePSet<Long> voided,
    IdempotencyWindow payments,
    @Nullable AutoTopup autoTopup,
    long ledgerSequence,
    String ledgerHash,
    long webhookSequence,
    long version,
    Instant lastAt,
    IdempotencyWindow window) {

  /** Before the first event. */
  public static final CustomerState NONE =
      new CustomerState(
          null,
          Blocks.empty(),
          Reservations.none(),
          Overage.NONE,
          0,
          0,
          HashTreePMap.empty(),
          TreePMap.empty(),
          TreePSet.empty(),
          IdempotencyWindow.endless(),
          null,
          0,
          LedgerHash.GENESIS,
          0,
          0,
          Instant.EPOCH,
          IdempotencyWindow.empty());

  /** The sum of what remains in blocks that have taken effect, in mc. */
  public long balanceMc() {
    return blocks.balanceMc();
  }

  /** What was used beyond the blocks and is not settled, in mc. */
  public long overageMc() {
    return overage.totalMc();
  }

  /** What is left to spend or hold, in mc. */
  public long effectiveBalanceMc() {
    return blocks.balanceMc() - blocks.heldMc();
  }

  /** The customer's clock: the wall clock, but never before the last event (semantics 2). */
  public Instant now(Instant wall) {
    return wall.isAfter(lastAt) ? wall : lastAt;
  }

  /** How many units of that metric were used so far in the period in which that instant lies. */
  public BigDecimal unitsInPeriod(String metricKey, Instant now) {
    PeriodUnits counted = periods.get(metricKey);
    return counted == null || !counted.period().contains(now) ? BigDecimal.ZERO : counted.units();
  }

  /** The next thing that time will do, or null if there is none. */
  public @Nullable Due nextDue() {
    return earlier(
        earlier(blocks.nextDue(), reservations.nextDue()), earlier(clearingDue(), topupDue()));
  }

  private @Nullable Due clearingDue() {
    Instant at = overage.clearsAt();
    return at == null ? null : new Due(at, Due.Kind.OVERAGE_CLEARING, 0);
  }

  private @Nullable Due topupDue() {
    Instant at = autoTopup == null ? null : autoTopup.nextDue(effectiveBalanceMc());
    return at == null ? null : new Due(now(at), Due.Kind.AUTO_TOPUP, 0);
  }

  /** All that time will do as things are, in no order. */
  List<Due> dueThings() {
    var all = new ArrayList<Due>();
    all.addAll(blocks.allDue());
    all.addAll(reservations.allDue());
    Due clearing = clearingDue();
    if (clearing != null) {
      all.add(clearing);
    }
    Due topup = topupDue();
    if (topup != null) {
      all.add(topup);
    }
    return all;
  }

  private static @Nullable Due earlier(@Nullable Due left, @Nullable Due right) {
    if (left == null || right == null) {
      return left == null ? right : left;
    }
    return Due.ORDER.compare(left, right) <= 0 ? left : right;
  }

  /** Whether time has done something by then that is not in the journal yet. */
  public boolean isDue(Instant now) {
    Due due = nextDue();
    return due != null && !due.at().isAfter(now);
  }

  /** About how much there is to store in a snapshot, in parts of like size. */
  int parts() {
    return blocks.size()
        + reservations.size()
        + periods.size()
        + reversed.size()
        + voided.size()
        + payments.size()
        + window.size();
  }

  /** The state after that event. */
  public CustomerState apply(CustomerEvent event) {
    return new Next(this).after(event);
  }

  /** A state on its way to the next one. */
  private static final class Next {
    private final CustomerState before;
    private @Nullable Profile profile;
    private Blocks blocks;
    private Reservations reservations;
    private Overage overage;
    private long grantedMc;
    private long consumedMc;
    private HashPMap<String, PeriodUnits> periods;
    private TreePMap<Long, Long> reversed;
    private TreePSet<Long> voided;
    private IdempotencyWindow payments;
    private @Nullable AutoTopup autoTopup;

    Next(CustomerState before) {
      this.before = before;
      this.profile = before.profile;
      this.blocks = before.blocks;
      this.reservations = before.reservations;
      this.overage = before.overage;
      this.periods = before.periods;
      this.reversed = before.reversed;
      this.voided = before.voided;
      this.payments = before.payments;
      this.autoTopup = before.autoTopup;
    }

    CustomerState after(CustomerEvent event) {
      take(event);
      LedgerEntry entry = event.entry();
      RequestKey request = event.request();
      long version = before.version + 1;
      return new CustomerState(
          profile,
          blocks,
          reservations,
          overage,
          Amounts.add(before.lifetimeGrantedMc, grantedMc),
          Amounts.add(before.lifetimeConsumedMc, consumedMc),
          periods,
          reversed,
          voided,
          payments,
          autoTopup,
          entry == null ? before.ledgerSequence : entry.sequence(),
          entry == null ? before.ledgerHash : entry.hash(),
          event.webhook() == 0 ? before.webhookSequence : event.webhook(),
          version,
          event.at(),
          request == null ? before.window : before.window.remember(request, version, event.at()));
    }

    private void take(CustomerEvent event) {
      switch (event) {
        case CustomerEvent.CustomerCreated created -> profile = created.profile();
        case CustomerEvent.CustomerUpdated updated -> profile = updated.profile();
        case CustomerEvent.CreditGranted granted -> deposit(granted.block(), granted.at());
        case CustomerEvent.CreditAdjusted adjusted -> {
          BlockTerms block = adjusted.block();
          if (block == null) {
            spend(adjusted.entry().allocations());
          } else {
            deposit(block, adjusted.at());
          }
        }
        case CustomerEvent.BlockActivated activated -> {
          blocks = blocks.activate(activated.block());
          grantedMc = activated.entry().delta();
        }
        case CustomerEvent.BlockExpired expired ->
            blocks = blocks.end(expired.block(), -expired.entry().delta(), Block.Ending.EXPIRED);
        case CustomerEvent.BlockVoided gone -> voidBlock(gone);
        case CustomerEvent.UsageRecorded used -> {
          spend(used.entry().allocations());
          consume(used);
        }
        case CustomerEvent.UsageReversed back -> giveBack(back);
        case CustomerEvent.OverageBooked booked ->
            overage = overage.booked(booked.amountMc(), booked.settlement(), booked.clearsAt());
        case CustomerEvent.OverageSettled settled -> {
          overage = overage.settled(settled.amountMc(), settled.settlement());
          spend(settled.entry().allocations());
        }
        case CustomerEvent.CreditsReserved reserved -> {
          for (Allocation held : reserved.reservation().held()) {
            blocks = blocks.hold(held);
          }
          reservations = reservations.with(reserved.reservation());
        }
        case CustomerEvent.ReservationCaptured captured -> {
          for (Allocation taken : captured.fromHeld()) {
            blocks = blocks.capture(taken);
          }
          letGo(captured.returned());
          spend(captured.fromFree());
          change(captured.reservation());
          consume(captured);
        }
        case CustomerEvent.ReservationReleased released -> {
          letGo(released.entry().allocations());
          change(released.reservation());
        }
        case CustomerEvent.ReservationExtended extended -> change(extended.reservation());
        case CustomerEvent.TopupGranted topup -> {
          deposit(topup.block(), topup.at());
          RequestKey payment = topup.payment();
          if (payment != null) {
            payments = payments.remember(payment, before.version + 1, topup.at());
          }
          autoTopup = autoTopup == null ? null : autoTopup.granted();
        }
        case CustomerEvent.AutoTopupSet set -> {
          AutoTopup.Settings settings = set.settings();
          autoTopup =
              settings == null
                  ? null
                  : autoTopup == null ? AutoTopup.of(settings) : autoTopup.with(settings);
        }
        case CustomerEvent.TopupRequested requested ->
            autoTopup = Objects.requireNonNull(autoTopup).requested(requested.at());
        case CustomerEvent.TopupRefused refused ->
            autoTopup = Objects.requireNonNull(autoTopup).refused(refused.at());
      }
    }

    private void deposit(BlockTerms terms, Instant at) {
      boolean active = !terms.effectiveAt().isAfter(at);
      blocks = blocks.plus(new Block(terms, terms.originalAmountMc(), 0, active));
      grantedMc = active ? terms.originalAmountMc() : 0;
    }

    private void spend(List<Allocation> allocations) {
      for (Allocation allocation : allocations) {
        blocks = blocks.spend(allocation);
      }
    }

    private void letGo(List<Allocation> allocations) {
      for (Allocation allocation : allocations) {
        blocks = blocks.release(allocation);
      }
    }

    private void change(Reservation now) {
      Reservation old = Objects.requireNonNull(reservations.get(now.terms().number()));
      reservations = reservations.with(now.withQuote(old.quote()));
    }

    private void consume(CustomerEvent.Used used) {
      consumedMc = used.costMc();
      String metricKey = used.metricKey();
      BigDecimal units = used.units();
      if (metricKey == null || units == null) {
        return;
      }
      Period begun = used.period();
      PeriodUnits counted = periods.get(metricKey);
      if (begun != null) {
        periods = periods.plus(metricKey, new PeriodUnits(begun, units));
      } else if (counted != null) {
        periods =
            periods.plus(metricKey, new PeriodUnits(counted.period(), counted.units().add(units)));
      }
    }

    private void voidBlock(CustomerEvent.BlockVoided gone) {
      long number = gone.block().terms().number();
      long amountMc = gone.entry().allocations().getFirst().amountMc();
      blocks = blocks.end(number, amountMc, Block.Ending.VOIDED);
      voided = voided.plus(number);
    }

    private void giveBack(CustomerEvent.UsageReversed back) {
      consumedMc = -back.amountMc();
      overage = overage.reduced(back.overageMc());
      reversed = reversed.plus(back.usage(), back.reversedMc());
      BlockTerms refund = back.refund();
      if (refund != null) {
        deposit(refund, back.at());
      }
      for (BlockTerms terms : back.returnedTo()) {
        for (Allocation allocation : back.entry().allocations()) {
          if (allocation.block() == terms.number()) {
            blocks = blocks.giveBack(terms, allocation.amountMc(), endingOf(terms, back.at()));
          }
        }
      }
    }

    private Block.@Nullable Ending endingOf(BlockTerms terms, Instant at) {
      return voided.contains(terms.number())
          ? Block.Ending.VOIDED
          : isExpired(terms, at) ? Block.Ending.EXPIRED : null;
    }
  }

  /** Whether that block's {@code expires_at} has come by then. */
  static boolean isExpired(BlockTerms terms, Instant at) {
    Instant expiresAt = terms.expiresAt();
    return expiresAt != null && !expiresAt.isAfter(at);
  }
}
