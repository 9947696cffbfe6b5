package io.quotastack.engine.tenant;

import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.tenant.TenantMessage.Announced;
import io.quotastack.engine.tenant.TenantMessage.CatalogReply;
import io.quotastack.engine.tenant.TenantMessage.Change;
import io.quotastack.engine.tenant.TenantMessage.Judged;
import io.quotastack.engine.tenant.TenantMessage.ReadCatalog;
import io.quotastack.engine.tenant.TenantMessage.Recovered;
import io.quotastack.engine.tenant.TenantMessage.Stop;
import io.quotastack.engine.tenant.TenantReply.Cause;
import io.quotastack.engine.tenant.TenantReply.Unavailable;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.jspecify.annotations.Nullable;

/**
 * The sharded actor of a tenant's environment: in front of the writer it bounds what waits and
 * hands out the last durable catalog. A change of the catalog is answered only after every
 * reachable node has dropped its copy, so what was acknowledged prices the next request anywhere.
 * If the writer stops, everything that waits is answered and the gate leaves; the next message
 * finds a fresh one that recovers from the journal.
 */
public final class TenantGate extends AbstractBehavior<TenantMessage> {
  /** The most changes that wait, and the most reads; what comes beyond is refused as overload. */
  static final int MAX_WAITING = 4_000;

  private final TenantRef tenant;
  private final ActorRef<ClusterSharding.ShardCommand> shard;
  private final ActorRef<TenantWriter.Judge> writer;

  /** Oldest first; if the writer is busy, then with the first of them. */
  private final Deque<Change> waitingChanges = new ArrayDeque<>();

  private final List<ReadCatalog> waitingReads = new ArrayList<>();
  private int broadcasts;
  private boolean busy;
  private boolean stopping;
  private boolean failed;

  /** The last durable catalog; null until it is recovered. */
  private @Nullable Catalog catalog;

  /**
   * The actor of that tenant's environment.
   *
   * @param clock the wall clock
   * @param shard told when this actor wants to leave memory
   */
  public static Behavior<TenantMessage> create(
      TenantRef tenant, InstantSource clock, ActorRef<ClusterSharding.ShardCommand> shard) {
    return Behaviors.setup(context -> new TenantGate(context, tenant, clock, shard));
  }

  private TenantGate(
      ActorContext<TenantMessage> context,
      TenantRef tenant,
      InstantSource clock,
      ActorRef<ClusterSharding.ShardCommand> shard) {
    super(context);
    this.tenant = tenant;
    this.shard = shard;
    this.writer = context.spawn(TenantWriter.create(tenant, clock, context.getSelf()), "writer");
    context.watch(writer);
  }

  @Override
  public Receive<TenantMessage> createReceive() {
    return newReceiveBuilder()
        .onMessage(ReadCatalog.class, this::onRead)
        .onMessage(Change.class, this::onChange)
        .onMessage(Recovered.class, this::onRecovered)
        .onMessage(Judged.class, this::onJudged)
        .onMessage(Stop.class, stop -> onStop())
        .onMessage(Announced.class, announced -> onAnnounced())
        .onSignal(Terminated.class, this::onWriterStopped)
        .build();
  }

  private Behavior<TenantMessage> onRead(ReadCatalog read) {
    if (catalog == null && !failed && waitingReads.size() < MAX_WAITING) {
      waitingReads.add(read);
    } else {
      read.replyTo().tell(new CatalogReply(failed ? null : catalog));
    }
    return this;
  }

  private Behavior<TenantMessage> onChange(Change change) {
    if (failed) {
      change.replyTo().tell(new Unavailable(Cause.STORAGE));
    } else if (waitingChanges.size() >= MAX_WAITING) {
      change.replyTo().tell(new Unavailable(Cause.OVERLOADED));
    } else {
      waitingChanges.add(change);
      judgeNext();
    }
    return this;
  }

  private void judgeNext() {
    Change next = waitingChanges.peek();
    if (catalog != null && !busy && next != null) {
      busy = true;
      writer.tell(new TenantWriter.Judge(next.command()));
    }
  }

  private Behavior<TenantMessage> onRecovered(Recovered recovered) {
    catalog = recovered.catalog();
    waitingReads.forEach(read -> read.replyTo().tell(new CatalogReply(recovered.catalog())));
    waitingReads.clear();
    judgeNext();
    return stoppedIfDone();
  }

  private Behavior<TenantMessage> onJudged(Judged judged) {
    catalog = judged.catalog();
    busy = false;
    answer(waitingChanges.remove(), judged.reply());
    judgeNext();
    return stoppedIfDone();
  }

  private void answer(Change change, TenantReply reply) {
    // A replay too: the first answer may have been lost because a node did not confirm.
    boolean mayBeNews = reply instanceof TenantReply.Done || reply instanceof TenantReply.Replayed;
    if (mayBeNews && !(change.command() instanceof TenantCommand.NameCustomer)) {
      broadcasts++;
      getContext()
          .watchWith(
              getContext().spawnAnonymous(CatalogBroadcast.create(tenant, change.replyTo(), reply)),
              new Announced());
    } else {
      change.replyTo().tell(reply);
    }
  }

  private Behavior<TenantMessage> onAnnounced() {
    broadcasts--;
    return stoppedIfDone();
  }

  private Behavior<TenantMessage> onStop() {
    stopping = true;
    return stoppedIfDone();
  }

  /** Not while an answer is still to come: who waits for it would wait in vain. */
  private Behavior<TenantMessage> stoppedIfDone() {
    boolean done = waitingChanges.isEmpty() && waitingReads.isEmpty() && broadcasts == 0;
    return stopping && done ? Behaviors.stopped() : this;
  }

  private Behavior<TenantMessage> onWriterStopped(Terminated signal) {
    if (busy) {
      getContext()
          .getLog()
          .warn(
              "{}: a write failed and may or may not have happened: {}",
              tenant.persistenceId(),
              signal instanceof ChildFailed failure ? failure.getCause().getMessage() : signal);
    }
    failed = true;
    busy = false;
    waitingChanges.forEach(change -> change.replyTo().tell(new Unavailable(Cause.STORAGE)));
    waitingChanges.clear();
    waitingReads.forEach(read -> read.replyTo().tell(new CatalogReply(null)));
    waitingReads.clear();
    shard.tell(new ClusterSharding.Passivate<>(getContext().getSelf()));
    return stoppedIfDone();
  }
}
