package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.serialization.ClusterMessage;
import io.quotastack.engine.serialization.Stored;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a customer: the rows of its journal, which is its ledger. Each event holds what
 * is needed to render the answer of the request that caused it, so that a replay reads one row. The
 * names below are stored for ever; a changed shape gets a new name beside the old one.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(value = CustomerEvent.CustomerCreated.class, name = "customer_created.1"),
  @JsonSubTypes.Type(value = CustomerEvent.CustomerUpdated.class, name = "customer_updated.1"),
  @JsonSubTypes.Type(value = CustomerEvent.CreditGranted.class, name = "credit_granted.1"),
  @JsonSubTypes.Type(value = CustomerEvent.BlockActivated.class, name = "block_activated.1"),
  @JsonSubTypes.Type(value = CustomerEvent.BlockExpired.class, name = "block_expired.1"),
  @JsonSubTypes.Type(value = CustomerEvent.UsageRecorded.class, name = "usage_recorded.1")
})
public sealed interface CustomerEvent extends Stored, ClusterMessage {
  /** When it holds; never before the event in front of it. */
  Instant at();

  /** The request that caused it; null if time did, or a request that another event answers. */
  default @Nullable RequestKey request() {
    return null;
  }

  /** The ledger entry that it is; null if it moves no credits. */
  default @Nullable LedgerEntry entry() {
    return null;
  }

  /** The number of the webhook message that it will be sent as; 0 = none (semantics 10). */
  @JsonIgnore
  default long webhook() {
    return 0;
  }

  /** A customer came to be, by its own request or by the first grant that named it. */
  record CustomerCreated(
      Instant at, @Nullable RequestKey request, Profile profile, long webhookSequence)
      implements CustomerEvent {
    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /** What is known of a customer was changed; holds all of it, as it is now. */
  record CustomerUpdated(Instant at, RequestKey request, Profile profile)
      implements CustomerEvent {}

  /** A block came in. With a later {@code effective_at} its entry has delta 0. */
  record CreditGranted(
      Instant at, RequestKey request, BlockTerms block, LedgerEntry entry, long webhookSequence)
      implements CustomerEvent {
    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /** The {@code effective_at} of a pending block came. */
  record BlockActivated(Instant at, long block, LedgerEntry entry) implements CustomerEvent {}

  /** The {@code expires_at} of a block came while it still had something. */
  record BlockExpired(Instant at, long block, LedgerEntry entry, long webhookSequence)
      implements CustomerEvent {
    @Override
    public long webhook() {
      return webhookSequence;
    }
  }

  /**
   * Usage was priced and paid.
   *
   * @param metricKey what was used
   * @param units how much
   * @param costMc what it cost, by the rule
   * @param ruleId the rule that priced it
   * @param ruleVersion its version
   * @param timestamp when the tenant says that it was used
   * @param properties what the tenant says about it
   */
  record UsageRecorded(
      Instant at,
      RequestKey request,
      String metricKey,
      BigDecimal units,
      long costMc,
      String ruleId,
      int ruleVersion,
      Instant timestamp,
      Map<String, String> properties,
      LedgerEntry entry,
      long webhookSequence)
      implements CustomerEvent {
    @Override
    public long webhook() {
      return webhookSequence;
    }
  }
}
