package io.quotastack.engine.tenant;

import io.quotastack.engine.ids.TenantRef;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.RootActorPath;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * Has every reachable node drop its copy of one catalog, then gives the answer that waits for it.
 * Whoever is a member of the cluster and not seen as unreachable must confirm; a node that leaves
 * or becomes unreachable meanwhile need not. Lives for one change.
 */
final class CatalogBroadcast {
  /** Asks again so often whoever has not confirmed. */
  private static final Duration ROUND = Duration.ofMillis(200);

  private static final int MAX_ROUNDS = 25;

  /** What it understands. */
  sealed interface Message {
    record Confirmed(String nodeAddress) implements Message {}

    record NextRound() implements Message {}
  }

  private final ActorContext<Message> context;
  private final TenantRef tenant;
  private final ActorRef<TenantReply> replyTo;
  private final TenantReply reply;
  private final ActorRef<TenantMessage.Dropped> confirmations;
  private final Set<String> confirmed = new HashSet<>();
  private int rounds;

  static Behavior<Message> create(
      TenantRef tenant, ActorRef<TenantReply> replyTo, TenantReply reply) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          timers.startTimerWithFixedDelay(new Message.NextRound(), ROUND);
          return new CatalogBroadcast(context, tenant, replyTo, reply).askOrFinish();
        }));
  }

  private CatalogBroadcast(
      ActorContext<Message> context,
      TenantRef tenant,
      ActorRef<TenantReply> replyTo,
      TenantReply reply) {
    this.context = context;
    this.tenant = tenant;
    this.replyTo = replyTo;
    this.reply = reply;
    this.confirmations =
        context.messageAdapter(
            TenantMessage.Dropped.class, dropped -> new Message.Confirmed(dropped.nodeAddress()));
  }

  private Behavior<Message> receiving() {
    return Behaviors.receive(Message.class)
        .onMessage(
            Message.Confirmed.class,
            message -> {
              confirmed.add(message.nodeAddress());
              return missing().isEmpty() ? finish(reply) : Behaviors.same();
            })
        .onMessage(Message.NextRound.class, message -> askOrFinish())
        .build();
  }

  private Behavior<Message> askOrFinish() {
    Set<Address> missing = missing();
    if (missing.isEmpty()) {
      return finish(reply);
    }
    if (rounds++ == MAX_ROUNDS) {
      return finish(new TenantReply.Unconfirmed());
    }
    for (Address node : missing) {
      Adapter.toClassic(context)
          .actorSelection(RootActorPath.apply(node, "/").child("system").child(Catalogs.NAME))
          .tell(
              new TenantMessage.Drop(tenant, confirmations),
              org.apache.pekko.actor.ActorRef.noSender());
    }
    return receiving();
  }

  private Set<Address> missing() {
    ClusterEvent.CurrentClusterState cluster = Cluster.get(context.getSystem()).state();
    Set<Member> unreachable = cluster.getUnreachable();
    var missing = new HashSet<Address>();
    for (Member member : cluster.getMembers()) {
      if (!unreachable.contains(member) && !confirmed.contains(member.address().toString())) {
        missing.add(member.address());
      }
    }
    return missing;
  }

  private Behavior<Message> finish(TenantReply answer) {
    replyTo.tell(answer);
    return Behaviors.stopped();
  }
}
