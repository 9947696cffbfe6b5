package io.quotastack.engine.tenant;

import io.quotastack.engine.ids.TenantRef;
import java.time.Duration;
import java.time.InstantSource;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.slf4j.event.Level;

/**
 * Carries the tenant aggregate on the journal. A change is answered only after every reachable node
 * has dropped its copy of the catalog, so what was acknowledged prices the next request anywhere.
 */
public final class TenantActor
    extends EventSourcedBehavior<TenantMessage, TenantEvent, TenantState> {
  private final TenantRef tenant;
  private final InstantSource clock;
  private final ActorContext<TenantMessage> context;

  /** The actor of that tenant's environment. */
  public static Behavior<TenantMessage> create(TenantRef tenant, InstantSource clock) {
    return Behaviors.setup(context -> new TenantActor(tenant, clock, context));
  }

  private TenantActor(TenantRef tenant, InstantSource clock, ActorContext<TenantMessage> context) {
    super(
        PersistenceId.ofUniqueId(tenant.persistenceId()),
        // Stops at the first failure, as it would by itself, but without a stack trace for each
        // request while the database is away.
        SupervisorStrategy.restartWithBackoff(Duration.ofSeconds(1), Duration.ofSeconds(1), 0)
            .withMaxRestarts(0)
            .withLogLevel(Level.DEBUG));
    this.tenant = tenant;
    this.clock = clock;
    this.context = context;
  }

  @Override
  public TenantState emptyState() {
    return TenantState.NONE;
  }

  @Override
  public CommandHandler<TenantMessage, TenantEvent, TenantState> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(TenantMessage.Change.class, this::change)
        .onCommand(
            TenantMessage.ReadCatalog.class,
            (state, read) -> Effect().reply(read.replyTo(), state.catalog()))
        .onCommand(TenantMessage.Stop.class, stop -> Effect().stop())
        .build();
  }

  private Effect<TenantEvent, TenantState> change(TenantState state, TenantMessage.Change message) {
    return switch (TenantDecider.decide(state, message.command(), clock.instant())) {
      case TenantDecider.Decision.Store store ->
          Effect()
              .persist(store.event())
              .thenRun((TenantState durable) ->
                  answer(
                      message.replyTo(),
                      store.event(),
                      new TenantReply.Done(durable.catalog().version(), store.event())));
      case TenantDecider.Decision.Answer(TenantReply.Replayed replayed) ->
          // The first answer may have been lost because a node did not confirm: ask again.
          Effect().none().thenRun(same -> broadcast(message.replyTo(), replayed));
      case TenantDecider.Decision.Answer(TenantReply reply) ->
          Effect().reply(message.replyTo(), reply);
    };
  }

  private void answer(ActorRef<TenantReply> replyTo, TenantEvent event, TenantReply reply) {
    if (event instanceof TenantEvent.CustomerNamed) {
      replyTo.tell(reply);
    } else {
      broadcast(replyTo, reply);
    }
  }

  private void broadcast(ActorRef<TenantReply> replyTo, TenantReply reply) {
    context.spawnAnonymous(CatalogBroadcast.create(tenant, replyTo, reply));
  }

  @Override
  public EventHandler<TenantState, TenantEvent> eventHandler() {
    return TenantState::apply;
  }
}
