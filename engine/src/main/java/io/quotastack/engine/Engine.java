package io.quotastack.engine;

import io.quotastack.engine.alarms.Alarms;
import io.quotastack.engine.customer.CustomerCommand;
import io.quotastack.engine.customer.CustomerGate;
import io.quotastack.engine.customer.CustomerMessage;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.WriteBudget;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.journal.JournalReader;
import io.quotastack.engine.journal.JournalUnavailableException;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.engine.tenant.Catalogs;
import io.quotastack.engine.tenant.TenantCommand;
import io.quotastack.engine.tenant.TenantGate;
import io.quotastack.engine.tenant.TenantMessage;
import io.quotastack.engine.tenant.TenantReply;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/**
 * The engine of one node: the door to the sharded actors of customers and tenants, wherever in the
 * cluster they live. All calls are asynchronous; a stage fails with {@link TimeoutException} if no
 * answer came in time, and then it is unknown whether a write took effect.
 */
public final class Engine {
  private static final EntityTypeKey<CustomerMessage> CUSTOMER =
      EntityTypeKey.create(CustomerMessage.class, "customer");
  private static final EntityTypeKey<TenantMessage> TENANT =
      EntityTypeKey.create(TenantMessage.class, "tenant");

  private final Asking asking;
  private final InstantSource clock;
  private final JournalReader journal;
  private final Alarms alarms;
  private final ActorRef<ShardingEnvelope<CustomerMessage>> customers;
  private final ActorRef<ShardingEnvelope<TenantMessage>> tenants;
  private final Catalogs catalogs;

  /** Starts the engine of this node with the system's clock and the default settings. */
  public static Engine start(ActorSystem<?> system, JournalReader journal, Alarms alarms) {
    return start(system, journal, alarms, InstantSource.system(), EngineSettings.DEFAULT);
  }

  /**
   * Starts the engine of this node. Once per actor system, before the node joins a cluster.
   *
   * @param journal reads what the actors store
   * @param alarms has customers rung at their times, by {@link #ring} on whatever node
   * @param clock the wall clock; nothing in the engine looks at another
   */
  public static Engine start(
      ActorSystem<?> system,
      JournalReader journal,
      Alarms alarms,
      InstantSource clock,
      EngineSettings settings) {
    return new Engine(system, journal, alarms, clock, settings);
  }

  private Engine(
      ActorSystem<?> system,
      JournalReader journal,
      Alarms alarms,
      InstantSource clock,
      EngineSettings settings) {
    this.asking = new Asking(system, settings.askTimeout());
    this.clock = clock;
    this.journal = journal;
    this.alarms = alarms;
    var budget = new WriteBudget(settings.maxWritesInFlight());
    ClusterSharding sharding = ClusterSharding.get(system);
    this.customers =
        sharding.init(
            Entity.of(
                    CUSTOMER,
                    context ->
                        CustomerGate.create(
                            CustomerRef.ofEntityId(context.getEntityId()),
                            clock,
                            alarms,
                            budget,
                            context.getShard()))
                .withStopMessage(new CustomerMessage.Stop()));
    this.tenants =
        sharding.init(
            Entity.of(
                    TENANT,
                    context ->
                        TenantGate.create(
                            TenantRef.ofEntityId(context.getEntityId()), clock, context.getShard()))
                .withStopMessage(new TenantMessage.Stop()));
    this.catalogs = Catalogs.start(system, this::fetchCatalog);
  }

  /** The wall clock. */
  public InstantSource clock() {
    return clock;
  }

  /** The stored events of customers and tenants. */
  public JournalReader journal() {
    return journal;
  }

  /** What wakes customers. */
  public Alarms alarms() {
    return alarms;
  }

  /**
   * Has a customer judge commands in their order, 1 to {@link CustomerGate#MAX_COMMANDS}. Complete
   * only when what was decided is durable.
   */
  public CompletionStage<CustomerMessage.WriteReply> write(
      CustomerRef customer, List<CustomerCommand> commands) {
    return asking.ask(
        customers,
        replyTo ->
            new ShardingEnvelope<>(
                customer.entityId(), new CustomerMessage.Write(commands, replyTo)),
        // That the repetition was not taken in says nothing about the first.
        reply -> reply.unavailable() != CustomerMessage.Unavailable.OVERLOADED);
  }

  /**
   * Has a customer look at its clock: complete when what was due is durable, and at once if nothing
   * was. Fails if that cannot be known; whoever rings must do so again.
   */
  public CompletionStage<? extends Object> ring(CustomerRef customer) {
    return asking
        .<ShardingEnvelope<CustomerMessage>, CustomerMessage.ReadReply>ask(
            customers,
            replyTo ->
                new ShardingEnvelope<>(customer.entityId(), new CustomerMessage.Ring(replyTo)),
            reply -> true)
        .thenCompose(reply ->
            reply.unavailable() == null
                ? CompletableFuture.completedStage(reply)
                : CompletableFuture.failedStage(
                    new IllegalStateException("the customer is unavailable: " + reply)));
  }

  /** Asks a customer; the answer includes all that was acknowledged before the call. */
  public CompletionStage<CustomerMessage.ReadReply> read(
      CustomerRef customer, CustomerQuery query) {
    return asking.ask(
        customers,
        replyTo ->
            new ShardingEnvelope<>(customer.entityId(), new CustomerMessage.Read(query, replyTo)),
        reply -> true);
  }

  /** Has a tenant judge a command; see {@link TenantReply} for what then holds. */
  public CompletionStage<TenantReply> change(TenantRef tenant, TenantCommand command) {
    return asking.ask(
        tenants,
        replyTo ->
            new ShardingEnvelope<>(tenant.entityId(), new TenantMessage.Change(command, replyTo)),
        reply -> true);
  }

  /**
   * The tenant's catalog, all acknowledged changes included; complete at once if it is here. Fails
   * with {@link JournalUnavailableException} if it is not and the database does not answer.
   */
  public CompletionStage<Catalog> catalog(TenantRef tenant) {
    return catalogs.get(tenant);
  }

  private CompletionStage<Catalog> fetchCatalog(TenantRef tenant) {
    return asking
        .<ShardingEnvelope<TenantMessage>, TenantMessage.CatalogReply>ask(
            tenants,
            replyTo ->
                new ShardingEnvelope<>(tenant.entityId(), new TenantMessage.ReadCatalog(replyTo)),
            reply -> true)
        .thenApply(reply -> {
          Catalog catalog = reply.catalog();
          if (catalog == null) {
            throw new JournalUnavailableException("the tenant's journal cannot be read");
          }
          return catalog;
        });
  }
}
