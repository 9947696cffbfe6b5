package io.quotastack.engine.customer;

import io.quotastack.engine.changes.NewText;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.AmountOutOfRangeException;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.credits.Block;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.Due;
import io.quotastack.engine.credits.EntryType;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.customer.CustomerCommand.CreateCustomer;
import io.quotastack.engine.customer.CustomerCommand.GrantCredits;
import io.quotastack.engine.customer.CustomerCommand.Keyed;
import io.quotastack.engine.customer.CustomerCommand.RecordUsage;
import io.quotastack.engine.customer.CustomerCommand.UpdateCustomer;
import io.quotastack.engine.idempotency.Remembered;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Quote;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

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
    var run = new Run(before, wall.truncatedTo(ChronoUnit.MILLIS));
    var outcomes = new ArrayList<Outcome>(commands.size());
    for (CustomerCommand command : commands) {
      outcomes.add(run.judge(command));
    }
    return new Decision(run.events, outcomes, run.states, run.state);
  }

  /** The state as time has made it by then, whether or not anything was stored. */
  public CustomerState settled(CustomerState before, Instant wall) {
    var run = new Run(before, wall.truncatedTo(ChronoUnit.MILLIS));
    run.settle();
    return run.state;
  }

  /** One pass over commands: the state moves on with every event that is decided. */
  private final class Run {
    private final Instant wall;
    private final List<CustomerEvent> events = new ArrayList<>(4);
    private final List<CustomerState> states = new ArrayList<>(4);
    private CustomerState state;

    Run(CustomerState state, Instant wall) {
      this.state = state;
      this.wall = wall;
    }

    Outcome judge(CustomerCommand command) {
      settle();
      if (!(command instanceof Keyed keyed)) {
        return new Outcome.Settled();
      }
      Instant now = state.now(wall);
      Remembered remembered = state.window().find(keyed.request().key(), now);
      if (remembered != null) {
        return remembered.fingerprint() == keyed.request().fingerprint()
            ? new Outcome.Replayed(remembered.sequence())
            : new Outcome.Refused(new Refusal.KeyReused());
      }
      try {
        return switch (keyed) {
          case CreateCustomer create -> create(create, now);
          case UpdateCustomer update -> update(update, now);
          case GrantCredits grant -> grant(grant, now);
          case RecordUsage usage -> usage(usage, now);
        };
      } catch (AmountOutOfRangeException e) {
        return new Outcome.Refused(
            new Refusal.AmountOutOfRange(
                "an amount or a sum would exceed " + Amounts.MAX_MC + " mc"));
      }
    }

    /** Puts into events what time has done, each at its own instant. */
    void settle() {
      Instant now = state.now(wall);
      for (Due due = state.blocks().nextDue();
          due != null && !due.at().isAfter(now);
          due = state.blocks().nextDue()) {
        Block block = state.blocks().get(due.block());
        if (block == null) {
          throw new IllegalStateException("due block " + due.block() + " is not live");
        }
        add(
            switch (due.kind()) {
              case ACTIVATION -> activated(block, due.at());
              case EXPIRY -> expired(block, due.at());
            });
      }
    }

    private CustomerEvent activated(Block block, Instant at) {
      long amountMc = block.remainingMc();
      return new CustomerEvent.BlockActivated(
          at,
          block.terms().number(),
          entry(
              at,
              EntryType.GRANT,
              amountMc,
              List.of(new Allocation(block.terms().number(), amountMc)),
              blockReference(block.terms().number()),
              "effective",
              block.terms().metadata()));
    }

    private CustomerEvent expired(Block block, Instant at) {
      long amountMc = block.remainingMc();
      return new CustomerEvent.BlockExpired(
          at,
          block.terms().number(),
          entry(
              at,
              EntryType.EXPIRE,
              -amountMc,
              List.of(new Allocation(block.terms().number(), amountMc)),
              blockReference(block.terms().number()),
              "expired",
              Map.of()),
          state.webhookSequence() + 1);
    }

    private Outcome create(CreateCustomer command, Instant now) {
      Profile existing = state.profile();
      if (existing != null) {
        return new Outcome.Refused(new Refusal.CustomerExists(existing, state.version()));
      }
      return done(
          new CustomerEvent.CustomerCreated(
              now,
              command.request(),
              new Profile(
                  command.externalId(),
                  command.displayName(),
                  command.email(),
                  command.timeZone(),
                  command.metadata(),
                  now,
                  now),
              state.webhookSequence() + 1));
    }

    private Outcome update(UpdateCustomer command, Instant now) {
      Profile old = state.profile();
      if (old == null) {
        return new Outcome.Refused(new Refusal.CustomerNotFound());
      }
      return done(
          new CustomerEvent.CustomerUpdated(
              now,
              command.request(),
              new Profile(
                  old.externalId(),
                  NewText.applied(command.displayName(), old.displayName()),
                  NewText.applied(command.email(), old.email()),
                  NewText.applied(command.timeZone(), old.timeZone()),
                  command.metadata() == null ? old.metadata() : command.metadata(),
                  old.createdAt(),
                  now)));
    }

    private Outcome grant(GrantCredits command, Instant now) {
      if (state.profile() == null && command.createAs() == null) {
        return new Outcome.Refused(new Refusal.CustomerNotFound());
      }
      Instant effectiveAt = command.effectiveAt() == null ? now : command.effectiveAt();
      Instant expiresAt = command.expiresAt();
      if (command.expiresAfterSeconds() != null) {
        // Bounded, so that any number of seconds gives an instant, which is then judged.
        expiresAt =
            effectiveAt.plusSeconds(
                Math.min(command.expiresAfterSeconds(), 2 * LATEST.getEpochSecond()));
      }
      Refusal refusal = badTerms(command, effectiveAt, expiresAt, now);
      if (refusal != null) {
        return new Outcome.Refused(refusal);
      }
      // All that was ever granted bounds every later sum, so that nothing overflows when time,
      // not a request that could be refused, makes a pending block active.
      Amounts.add(
          Amounts.add(state.lifetimeGrantedMc(), state.blocks().pendingMc()), command.creditsMc());
      if (state.profile() == null) {
        add(
            new CustomerEvent.CustomerCreated(
                now, null, Profile.named(command.createAs(), now), state.webhookSequence() + 1));
      }
      long number = state.version() + 1;
      var terms =
          new BlockTerms(
              number,
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
      boolean pending = effectiveAt.isAfter(now);
      return done(
          new CustomerEvent.CreditGranted(
              now,
              command.request(),
              terms,
              entry(
                  now,
                  EntryType.GRANT,
                  pending ? 0 : command.creditsMc(),
                  List.of(new Allocation(number, command.creditsMc())),
                  blockReference(number),
                  command.reason(),
                  command.metadata()),
              state.webhookSequence() + 1));
    }

    private @Nullable Refusal badTerms(
        GrantCredits command, Instant effectiveAt, @Nullable Instant expiresAt, Instant now) {
      if (effectiveAt.isAfter(LATEST)) {
        return new Refusal.InvalidField("/effective_at", "must be before the year 10000");
      }
      if (expiresAt == null) {
        return null;
      }
      String pointer =
          command.expiresAfterSeconds() == null ? "/expires_at" : "/expires_after_seconds";
      if (!expiresAt.isAfter(now)) {
        return new Refusal.InvalidField(pointer, "the block would have expired already");
      }
      if (!expiresAt.isAfter(effectiveAt)) {
        return new Refusal.InvalidField(pointer, "must be after effective_at");
      }
      if (expiresAt.isAfter(LATEST)) {
        return new Refusal.InvalidField(pointer, "must be before the year 10000");
      }
      return null;
    }

    private Outcome usage(RecordUsage command, Instant now) {
      if (state.profile() == null) {
        return new Outcome.Refused(new Refusal.CustomerNotFound());
      }
      MeteringRule rule = command.rule();
      if (rule == null) {
        return new Outcome.Refused(new Refusal.NoMeteringRule(command.metricKey()));
      }
      Instant timestamp = command.timestamp() == null ? now : command.timestamp();
      if (timestamp.isBefore(now.minus(USAGE_MAX_AGE))
          || timestamp.isAfter(now.plus(USAGE_MAX_AHEAD))) {
        return new Outcome.Refused(
            new Refusal.TimestampOutOfRange(
                "usage may be dated at most 30 days back and 5 minutes ahead"));
      }
      Quote quote = rule.quote(command.properties(), BigDecimal.ZERO);
      if (quote == null) {
        return new Outcome.Refused(new Refusal.NoMeteringRule(command.metricKey()));
      }
      long costMc = quote.costMc(command.units());
      long availableMc = state.blocks().availableMc(command.metricKey());
      if (availableMc < costMc) {
        return new Outcome.Refused(new Refusal.InsufficientCredits(costMc, availableMc));
      }
      return done(
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
              entry(
                  now,
                  EntryType.DEBIT,
                  -costMc,
                  state.blocks().plan(command.burnOrder(), command.metricKey(), costMc),
                  new Reference(
                      "usage", OwnedId.Kind.USAGE_EVENT.text(customerId, state.version() + 1)),
                  null,
                  command.metadata()),
              state.webhookSequence() + 1));
    }

    private LedgerEntry entry(
        Instant at,
        EntryType type,
        long deltaMc,
        List<Allocation> allocations,
        Reference reference,
        @Nullable String reason,
        Map<String, String> metadata) {
      return new LedgerEntry(
              state.version() + 1,
              state.ledgerSequence() + 1,
              type,
              deltaMc,
              state.balanceMc() + deltaMc,
              state.blocks().heldMc(),
              state.overageMc(),
              allocations,
              reference,
              reason,
              metadata,
              at,
              state.ledgerHash(),
              "")
          .sealed(customerId);
    }

    private Reference blockReference(long number) {
      return new Reference("block", OwnedId.Kind.BLOCK.text(customerId, number));
    }

    private Outcome done(CustomerEvent event) {
      add(event);
      return new Outcome.Done(state.version(), event);
    }

    private void add(CustomerEvent event) {
      state = state.apply(event);
      events.add(event);
      states.add(state);
    }
  }
}
