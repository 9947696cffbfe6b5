package io.quotastack.engine.tenant;

import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.serialization.ClusterMessage;
import org.apache.pekko.actor.typed.ActorRef;

/** What the sharded actor of a tenant's environment understands. */
public sealed interface TenantMessage extends ClusterMessage {
  /** Judges a command; answered when it is durable and no reachable node has an older catalog. */
  record Change(TenantCommand command, ActorRef<TenantReply> replyTo) implements TenantMessage {}

  /** Hands out the catalog, everything durable included. */
  record ReadCatalog(ActorRef<Catalog> replyTo) implements TenantMessage {}

  /** Leaves memory. */
  record Stop() implements TenantMessage {}

  /** Tells a node to drop its copy of a catalog. */
  record Drop(TenantRef tenant, ActorRef<Dropped> replyTo) implements ClusterMessage {}

  /** A node has dropped its copy. */
  record Dropped(String nodeAddress) implements ClusterMessage {}
}
