package io.quotastack.engine.tenant;

import io.quotastack.engine.ids.TenantRef;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;
import org.jspecify.annotations.Nullable;

/**
 * This node's copies of the tenants' catalogs. A copy is fetched from the tenant's actor when it is
 * first needed and dropped when that actor says so ({@link CatalogBroadcast}), and all are dropped
 * when this node loses sight of another: then it can't know what it was not told.
 */
public final class Catalogs {
  /** The name of the actor that drops copies, a child of the system guardian on every node. */
  static final String NAME = "quotastack-catalogs";

  /** The most copies that a node holds; with one more it starts anew. */
  private static final int MAX_COPIES = 10_000;

  private final ConcurrentHashMap<TenantRef, CompletionStage<Catalog>> copies =
      new ConcurrentHashMap<>();
  private final Function<TenantRef, CompletionStage<Catalog>> fetch;

  /**
   * Starts the copies of a node.
   *
   * @param fetch asks the tenant's actor
   */
  public static Catalogs start(
      ActorSystem<?> system, Function<TenantRef, CompletionStage<Catalog>> fetch) {
    var catalogs = new Catalogs(fetch);
    system.systemActorOf(catalogs.dropping(), NAME, Props.empty());
    return catalogs;
  }

  private Catalogs(Function<TenantRef, CompletionStage<Catalog>> fetch) {
    this.fetch = fetch;
  }

  /**
   * The catalog, at least as new as every change that was acknowledged before this call. Complete
   * at once if this node has a copy. Fails if the tenant's actor does not answer.
   */
  public CompletionStage<Catalog> get(TenantRef tenant) {
    CompletionStage<Catalog> copy = copies.get(tenant);
    return copy != null ? copy : fetch(tenant);
  }

  private CompletionStage<Catalog> fetch(TenantRef tenant) {
    if (copies.size() >= MAX_COPIES) {
      copies.clear();
    }
    CompletionStage<Catalog> fetched = copies.computeIfAbsent(tenant, fetch);
    fetched.whenComplete((catalog, failure) -> forgetFailed(tenant, fetched, failure));
    return fetched;
  }

  private void forgetFailed(
      TenantRef tenant, CompletionStage<Catalog> fetched, @Nullable Throwable failure) {
    if (failure != null) {
      copies.remove(tenant, fetched);
    }
  }

  private Behavior<Object> dropping() {
    return Behaviors.setup(context -> {
      Cluster cluster = Cluster.get(context.getSystem());
      cluster
          .subscriptions()
          .tell(
              Subscribe.create(
                  context.messageAdapter(ClusterEvent.ReachabilityEvent.class, event -> event),
                  ClusterEvent.ReachabilityEvent.class));
      String self = cluster.selfMember().address().toString();
      return Behaviors.receive(Object.class)
          .onMessage(
              TenantMessage.Drop.class,
              drop -> {
                copies.remove(drop.tenant());
                drop.replyTo().tell(new TenantMessage.Dropped(self));
                return Behaviors.same();
              })
          .onMessage(
              ClusterEvent.ReachabilityEvent.class,
              event -> {
                copies.clear();
                return Behaviors.same();
              })
          .build();
    });
  }
}
