package io.quotastack.engine.customer;

import io.quotastack.engine.customer.CustomerMessage.Write;
import io.quotastack.engine.customer.CustomerMessage.WriteReply;
import io.quotastack.engine.ids.CustomerRef;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.SnapshotCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * Carries the customer aggregate on the journal: judges a batch of writes, stores all their events
 * in one atomic write, and only then tells the gate and answers. Holds no rule of its own. Stops if
 * a write fails: what is durable is found out by recovering.
 */
final class CustomerWriter
    extends EventSourcedBehavior<CustomerWriter.Batch, CustomerEvent, CustomerState> {
  /** Replaying so many events is cheaper than storing even a small snapshot. */
  private static final long MIN_EVENTS_PER_SNAPSHOT = 500;

  /** A snapshot of so many blocks or keys costs about what replaying one event costs. */
  private static final long PARTS_PER_EVENT = 8;

  /** Writes that gathered while the one before was in flight. */
  record Batch(List<Write> writes) {}

  private final CustomerDecider decider;
  private final InstantSource clock;
  private final ActorRef<? super CustomerMessage.Durable> gate;
  private long lastSnapshot;

  /** The decision whose events are being applied, and how many of them are. */
  private CustomerDecider.@Nullable Decision decided;

  private int applied;

  static Behavior<Batch> create(
      CustomerRef customer, InstantSource clock, ActorRef<? super CustomerMessage.Durable> gate) {
    return new CustomerWriter(customer, clock, gate);
  }

  private CustomerWriter(
      CustomerRef customer, InstantSource clock, ActorRef<? super CustomerMessage.Durable> gate) {
    super(
        PersistenceId.ofUniqueId(customer.persistenceId()),
        // Stops at the first failure, as it would by itself, but without a stack trace for each
        // customer that is asked for while the database is away: the gate tells.
        SupervisorStrategy.restartWithBackoff(Duration.ofSeconds(1), Duration.ofSeconds(1), 0)
            .withMaxRestarts(0)
            .withLogLevel(Level.DEBUG));
    this.decider = new CustomerDecider(customer.customerId());
    this.clock = clock;
    this.gate = gate;
  }

  @Override
  public CustomerState emptyState() {
    return CustomerState.NONE;
  }

  @Override
  public CommandHandler<Batch, CustomerEvent, CustomerState> commandHandler() {
    return newCommandHandlerBuilder().forAnyState().onCommand(Batch.class, this::write).build();
  }

  private Effect<CustomerEvent, CustomerState> write(CustomerState state, Batch batch) {
    var commands = new ArrayList<CustomerCommand>(batch.writes().size());
    for (Write write : batch.writes()) {
      commands.addAll(write.commands());
    }
    CustomerDecider.Decision decision = decider.decide(state, commands, clock.instant());
    decided = decision.events().isEmpty() ? null : decision;
    applied = 0;
    return Effect()
        .persist(decision.events())
        .thenRun((CustomerState durable) -> {
          // The gate first: whoever has an answer finds its effect in the next read.
          gate.tell(new CustomerMessage.Durable(durable));
          answer(batch, decision.outcomes(), durable);
        });
  }

  private static void answer(Batch batch, List<Outcome> outcomes, CustomerState state) {
    String externalId = state.profile() == null ? null : state.profile().externalId();
    int from = 0;
    for (Write write : batch.writes()) {
      int to = from + write.commands().size();
      write
          .replyTo()
          .tell(new WriteReply(null, List.copyOf(outcomes.subList(from, to)), externalId));
      from = to;
    }
  }

  @Override
  public EventHandler<CustomerState, CustomerEvent> eventHandler() {
    return this::next;
  }

  /** Deciding has applied each event already: it is not done a second time. */
  private CustomerState next(CustomerState state, CustomerEvent event) {
    CustomerDecider.Decision decision = decided;
    if (decision == null) {
      return state.apply(event);
    }
    if (!decision.events().get(applied).equals(event)) {
      throw new IllegalStateException("events are applied in another order than decided");
    }
    CustomerState next = decision.states().get(applied++);
    if (applied == decision.states().size()) {
      decided = null;
    }
    return next;
  }

  @Override
  public SignalHandler<CustomerState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(
            RecoveryCompleted.instance(), state -> gate.tell(new CustomerMessage.Durable(state)))
        .onSignal(
            SnapshotCompleted.class,
            // It holds the whole batch, not only the events up to the one that asked for it.
            (state, done) -> lastSnapshot = done.getSnapshotMetadata().sequenceNr())
        .build();
  }

  @Override
  public boolean shouldSnapshot(CustomerState state, CustomerEvent event, long sequenceNr) {
    long events = sequenceNr - lastSnapshot;
    if (events < MIN_EVENTS_PER_SNAPSHOT || events < state.parts() / PARTS_PER_EVENT) {
      return false;
    }
    lastSnapshot = sequenceNr;
    return true;
  }

  @Override
  public SnapshotAdapter<CustomerState> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(CustomerState state) {
        return CustomerSnapshot.of(state);
      }

      @Override
      public CustomerState fromJournal(Object stored) {
        CustomerState state = ((CustomerSnapshot) stored).state();
        lastSnapshot = state.version();
        return state;
      }
    };
  }
}
