package io.quotastack.engine.customer;

import io.quotastack.engine.changes.NewValue;
import io.quotastack.engine.credits.AmountOutOfRangeException;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.Overage;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.customer.CustomerCommand.CreateCustomer;
import io.quotastack.engine.customer.CustomerCommand.Keyed;
import io.quotastack.engine.customer.CustomerCommand.SetAutoTopup;
import io.quotastack.engine.customer.CustomerCommand.SettleDue;
import io.quotastack.engine.customer.CustomerCommand.UpdateCustomer;
import io.quotastack.engine.idempotency.Remembered;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * All rules of what a customer may do: a pure function from state, commands and time to events and
 * outcomes. First what time has done is put into events, each dated at its own instant, then each
 * command is judged, so that the ledger does not depend on when somebody looked.
 */
public final class CustomerDecider {
  /** How far back usage may be dated (semantics 4). */
  public static final Duration USAGE_MAX_AGE = Duration.ofDays(30);

  /** How far ahead usage may be dated (semantics 4). */
  public static final Duration USAGE_MAX_AHEAD = Duration.ofMinutes(5);

  /** The latest instant that a block's terms may name. */
  public static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999Z");

  private final UUID customerId;

  /** The rules for that customer, whose id its ledger entries bear. */
  public CustomerDecider(UUID customerId) {
    this.customerId = customerId;
  }

  /**
   * What commands lead to, judged one after the other.
   *
   * @param events to be stored together, in this order
   * @param outcomes one for each command, true once the events are stored
   * @param states after each of the events
   * @param state after all of them
   */
  public record Decision(
      List<CustomerEvent> events,
      List<Outcome> outcomes,
      List<CustomerState> states,
      CustomerState state) {}

  /** Judges these commands in their order at that time of the wall clock. */
  public Decision decide(CustomerState before, List<CustomerCommand> commands, Instant wall) {
    Instant millis = wall.truncatedTo(ChronoUnit.MILLIS);
    var draft = new Draft(customerId, before);
    var outcomes = new ArrayList<Outcome>(commands.size());
    for (CustomerCommand command : commands) {
      outcomes.add(judge(draft, command, millis));
    }
    return new Decision(draft.events(), outcomes, draft.states(), draft.state());
  }

  /** The state as time has made it by then, whether or not anything was stored. */
  public CustomerState settled(CustomerState before, Instant wall) {
    var draft = new Draft(customerId, before);
    settle(draft, wall.truncatedTo(ChronoUnit.MILLIS));
    return draft.state();
  }

  private static Outcome judge(Draft draft, CustomerCommand command, Instant wall) {
    settle(draft, wall);
    Instant now = draft.state().now(wall);
    if (command instanceof Keyed keyed) {
      Remembered remembered = draft.state().window().find(keyed.request().key(), now);
      if (remembered != null) {
        return remembered.fingerprint() == keyed.request().fingerprint()
            ? new Outcome.Replayed(remembered.sequence())
            : new Outcome.Refused(new Refusal.KeyReused());
      }
    }
    int events = draft.events().size();
    CustomerState before = draft.state();
    try {
      Outcome outcome = take(draft, command, now);
      if (draft.events().size() > events) {
        TopupRequestRules.requestIfWanted(draft, now);
      }
      return outcome;
    } catch (AmountOutOfRangeException e) {
      draft.backTo(events, before);
      return new Outcome.Refused(
          new Refusal.AmountOutOfRange(
              "an amount or a sum would exceed " + Amounts.MAX_MC + " mc"));
    }
  }

  private static Outcome take(Draft draft, CustomerCommand command, Instant now) {
    return switch (command) {
      case CreateCustomer create -> create(draft, create, now);
      case UpdateCustomer update -> update(draft, update, now);
      case CustomerCommand.GrantCredits grant -> DepositRules.grant(draft, grant, now);
      case CustomerCommand.AdjustCredits adjust -> DepositRules.adjust(draft, adjust, now);
      case CustomerCommand.GrantTopup topup -> DepositRules.topup(draft, topup, now);
      case CustomerCommand.VoidBlock gone -> BlockRules.voidBlock(draft, gone, now);
      case CustomerCommand.RecordUsage usage -> UsageRules.usage(draft, usage, now);
      case CustomerCommand.ReverseUsage reverse -> UsageRules.reverse(draft, reverse, now);
      case CustomerCommand.Reserve reserve -> ReservationRules.reserve(draft, reserve, now);
      case CustomerCommand.Commit commit -> ReservationRules.commit(draft, commit, now);
      case CustomerCommand.Release release -> ReservationRules.release(draft, release, now);
      case CustomerCommand.Extend extend -> ReservationRules.extend(draft, extend, now);
      case SetAutoTopup set -> TopupRequestRules.set(draft, set, now);
      case CustomerCommand.RemoveAutoTopup remove -> TopupRequestRules.remove(draft, remove, now);
      case CustomerCommand.RefuseTopup refuse -> TopupRequestRules.refuse(draft, refuse, now);
      case SettleDue ignored -> new Outcome.Settled();
    };
  }

  /** Puts into events what time has done, each at its own instant. */
  private static void settle(Draft draft, Instant wall) {
    Instant now = draft.state().now(wall);
    for (Due due = draft.state().nextDue();
        due != null && !due.at().isAfter(now);
        due = draft.state().nextDue()) {
      switch (due.kind()) {
        case HOLD_EXPIRY -> ReservationRules.expire(draft, due.number(), due.at());
        case OVERAGE_CLEARING -> clearOverage(draft, due.at());
        case EXPIRY -> BlockRules.expire(draft, due.number(), due.at());
        case ACTIVATION -> BlockRules.activate(draft, due.number(), due.at());
        case AUTO_TOPUP -> TopupRequestRules.due(draft, due.at());
      }
    }
  }

  private static void clearOverage(Draft draft, Instant at) {
    Overage overage = draft.state().overage();
    draft.add(
        new CustomerEvent.OverageSettled(
            at,
            overage.invoiceMc(),
            OverageSettlement.INVOICE,
            draft.entry(
                at,
                EntryType.SETTLE,
                0,
                0,
                -overage.invoiceMc(),
                List.of(),
                null,
                "invoice",
                Map.of())));
  }

  private static Outcome create(Draft draft, CreateCustomer command, Instant now) {
    Profile existing = draft.state().profile();
    if (existing != null) {
      return new Outcome.Refused(new Refusal.CustomerExists(existing, draft.state().version()));
    }
    return draft.done(
        new CustomerEvent.CustomerCreated(
            now,
            command.request(),
            new Profile(
                command.externalId(),
                command.displayName(),
                command.email(),
                command.timeZone(),
                command.overagePolicy(),
                command.maxOverageMc(),
                command.metadata(),
                now,
                now),
            draft.nextWebhook()));
  }

  private static Outcome update(Draft draft, UpdateCustomer command, Instant now) {
    Profile old = draft.state().profile();
    if (old == null) {
      return new Outcome.Refused(new Refusal.CustomerNotFound());
    }
    return draft.done(
        new CustomerEvent.CustomerUpdated(
            now,
            command.request(),
            new Profile(
                old.externalId(),
                NewValue.applied(command.displayName(), old.displayName()),
                NewValue.applied(command.email(), old.email()),
                NewValue.applied(command.timeZone(), old.timeZone()),
                NewValue.applied(command.overagePolicy(), old.overagePolicy()),
                NewValue.applied(command.maxOverageMc(), old.maxOverageMc()),
                command.metadata() == null ? old.metadata() : command.metadata(),
                old.createdAt(),
                now)));
  }
}
