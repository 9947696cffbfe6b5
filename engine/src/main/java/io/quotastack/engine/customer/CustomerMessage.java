package io.quotastack.engine.customer;

import io.quotastack.engine.serialization.ClusterMessage;
import java.time.Instant;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What the sharded actor of a customer understands. */
public sealed interface CustomerMessage {
  /**
   * Judges commands, in order, in one durable step with each other.
   *
   * @param commands 1 to {@link CustomerGate#MAX_COMMANDS}
   * @param replyTo told only after all that was decided is durable
   */
  record Write(List<CustomerCommand> commands, ActorRef<WriteReply> replyTo)
      implements CustomerMessage, ClusterMessage {}

  /** Answers a query from the last durable state, without waiting for a write in flight. */
  record Read(CustomerQuery query, ActorRef<ReadReply> replyTo)
      implements CustomerMessage, ClusterMessage {}

  /**
   * The alarm rings: answered, with no view, when all that is due is durable and what is due next
   * has an alarm of its own.
   */
  record Ring(ActorRef<ReadReply> replyTo) implements CustomerMessage, ClusterMessage {}

  /** Leaves memory as soon as nothing is in flight. */
  record Stop() implements CustomerMessage, ClusterMessage {}

  /** The writer tells the newest durable state. Never leaves the node. */
  record Durable(CustomerState state) implements CustomerMessage {}

  /**
   * An alarm was set, or could not be. Never leaves the node.
   *
   * @param forWrite whether the write in flight waits for it
   */
  record AlarmSet(Instant at, boolean forWrite, boolean done) implements CustomerMessage {}

  /** The time of the next due thing has come. Never leaves the node. */
  record Wake() implements CustomerMessage {}

  /**
   * The answer to a write.
   *
   * @param unavailable why it may not have happened; null = it did, and outcomes has one for each
   *     command
   * @param externalId the customer's, if it exists and has one
   */
  record WriteReply(
      @Nullable Unavailable unavailable, List<Outcome> outcomes, @Nullable String externalId)
      implements ClusterMessage {
    static WriteReply not(Unavailable why) {
      return new WriteReply(why, List.of(), null);
    }
  }

  /**
   * The answer to a query.
   *
   * @param unavailable why there is none; null = there is one
   */
  record ReadReply(@Nullable Unavailable unavailable, @Nullable CustomerView view)
      implements ClusterMessage {
    static ReadReply not(Unavailable why) {
      return new ReadReply(why, null);
    }
  }

  /** Why no answer can be given. */
  enum Unavailable {
    /** A queue is full; nothing happened. */
    OVERLOADED,
    /** The database does not answer; a write that was under way may or may not have happened. */
    STORAGE
  }
}
