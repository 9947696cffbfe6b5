package io.quotastack.engine.tenant;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.serialization.ClusterMessage;

/** What became of a tenant's command. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "reply")
@JsonSubTypes({
  @JsonSubTypes.Type(value = TenantReply.Done.class, name = "done"),
  @JsonSubTypes.Type(value = TenantReply.Replayed.class, name = "replayed"),
  @JsonSubTypes.Type(value = TenantReply.Refused.class, name = "refused"),
  @JsonSubTypes.Type(value = TenantReply.Unconfirmed.class, name = "unconfirmed"),
  @JsonSubTypes.Type(value = TenantReply.Unavailable.class, name = "unavailable")
})
public sealed interface TenantReply extends ClusterMessage {
  /** It is durable, and no reachable node works with an older catalog any more. */
  record Done(long sequence, TenantEvent event) implements TenantReply {}

  /** It had taken effect before; the answer is in the tenant's journal there. */
  record Replayed(long sequence) implements TenantReply {}

  /** It changed nothing. */
  record Refused(Reason reason, String pointer, String detail) implements TenantReply {}

  /**
   * It is durable, but a node did not confirm that it dropped its copy: retry with the same key.
   */
  record Unconfirmed() implements TenantReply {}

  /** It was not judged, or what became of it is not known: retry with the same key. */
  record Unavailable(Cause cause) implements TenantReply {}

  /** Why there is no verdict. */
  enum Cause {
    /** Too much waits already; nothing happened. */
    OVERLOADED,
    /** The database does not answer; what was under way may or may not have happened. */
    STORAGE
  }

  /** Why nothing was changed. */
  enum Reason {
    NOT_FOUND,
    ALREADY_EXISTS,
    KEY_REUSED,
    INVALID,
    /** An amount or a sum is beyond the range of amounts. */
    OUT_OF_RANGE
  }
}
