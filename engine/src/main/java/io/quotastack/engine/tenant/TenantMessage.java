package io.quotastack.engine.tenant;

import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.serialization.ClusterMessage;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What the sharded actor of a tenant's environment understands. */
public sealed interface TenantMessage {
  /** Judges a command; answered when it is durable and no reachable node has an older catalog. */
  record Change(TenantCommand command, ActorRef<TenantReply> replyTo)
      implements TenantMessage, ClusterMessage {}

  /** Hands out the catalog, everything durable included. */
  record ReadCatalog(ActorRef<CatalogReply> replyTo) implements TenantMessage, ClusterMessage {}

  /** Leaves memory as soon as nothing is under way. */
  record Stop() implements TenantMessage, ClusterMessage {}

  /** The writer has read the journal. Never leaves the node. */
  record Recovered(Catalog catalog) implements TenantMessage {}

  /** The writer has judged a command, and what came of it is durable. Never leaves the node. */
  record Judged(TenantReply reply, Catalog catalog) implements TenantMessage {}

  /** A change has been made known to the nodes, or given up. Never leaves the node. */
  record Announced() implements TenantMessage {}

  /**
   * The answer to {@link ReadCatalog}.
   *
   * @param catalog null = it cannot be had: the database does not answer, or too many wait for it
   */
  record CatalogReply(@Nullable Catalog catalog) implements ClusterMessage {}

  /** Tells a node to drop its copy of a catalog. */
  record Drop(TenantRef tenant, ActorRef<Dropped> replyTo) implements ClusterMessage {}

  /** A node has dropped its copy. */
  record Dropped(String nodeAddress) implements ClusterMessage {}
}
