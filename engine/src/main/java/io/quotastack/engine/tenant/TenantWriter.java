package io.quotastack.engine.tenant;

import io.quotastack.engine.ids.TenantRef;
import java.time.Duration;
import java.time.InstantSource;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.slf4j.event.Level;

/**
 * Carries the tenant aggregate on the journal: judges one command after the other, and tells the
 * gate what came of it once that is durable. Holds no rule of its own. Stops if a write fails: what
 * is durable is found out by recovering.
 */
final class TenantWriter
    extends EventSourcedBehavior<TenantWriter.Judge, TenantEvent, TenantState> {
  /** Judges a command; the gate sends the next one after it was told of this one. */
  record Judge(TenantCommand command) {}

  private final InstantSource clock;
  private final ActorRef<? super TenantMessage> gate;

  static Behavior<Judge> create(
      TenantRef tenant, InstantSource clock, ActorRef<? super TenantMessage> gate) {
    return new TenantWriter(tenant, clock, gate);
  }

  private TenantWriter(
      TenantRef tenant, InstantSource clock, ActorRef<? super TenantMessage> gate) {
    super(
        PersistenceId.ofUniqueId(tenant.persistenceId()),
        // Stops at the first failure, as it would by itself, but without a stack trace for each
        // request while the database is away: the gate tells.
        SupervisorStrategy.restartWithBackoff(Duration.ofSeconds(1), Duration.ofSeconds(1), 0)
            .withMaxRestarts(0)
            .withLogLevel(Level.DEBUG));
    this.clock = clock;
    this.gate = gate;
  }

  @Override
  public TenantState emptyState() {
    return TenantState.NONE;
  }

  @Override
  public CommandHandler<Judge, TenantEvent, TenantState> commandHandler() {
    return newCommandHandlerBuilder().forAnyState().onCommand(Judge.class, this::judge).build();
  }

  private Effect<TenantEvent, TenantState> judge(TenantState state, Judge message) {
    return switch (TenantDecider.decide(state, message.command(), clock.instant())) {
      case TenantDecider.Decision.Store store ->
          Effect()
              .persist(store.event())
              .thenRun((TenantState durable) ->
                  tellGate(
                      durable, new TenantReply.Done(durable.catalog().version(), store.event())));
      case TenantDecider.Decision.Answer answer ->
          Effect().none().thenRun((TenantState same) -> tellGate(same, answer.reply()));
    };
  }

  private void tellGate(TenantState durable, TenantReply reply) {
    gate.tell(new TenantMessage.Judged(reply, durable.catalog()));
  }

  @Override
  public EventHandler<TenantState, TenantEvent> eventHandler() {
    return TenantState::apply;
  }

  @Override
  public SignalHandler<TenantState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(
            RecoveryCompleted.instance(),
            state -> gate.tell(new TenantMessage.Recovered(state.catalog())))
        .build();
  }
}
