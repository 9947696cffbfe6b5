package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.quotastack.engine.changes.NewText;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.serialization.ClusterMessage;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a customer can be asked to change. Bad form is refused before a command is made; a command
 * brings all that it needs of the tenant's catalog.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "command")
@JsonSubTypes({
  @JsonSubTypes.Type(value = CustomerCommand.CreateCustomer.class, name = "create_customer"),
  @JsonSubTypes.Type(value = CustomerCommand.UpdateCustomer.class, name = "update_customer"),
  @JsonSubTypes.Type(value = CustomerCommand.GrantCredits.class, name = "grant_credits"),
  @JsonSubTypes.Type(value = CustomerCommand.RecordUsage.class, name = "record_usage"),
  @JsonSubTypes.Type(value = CustomerCommand.SettleDue.class, name = "settle_due")
})
public sealed interface CustomerCommand extends ClusterMessage {

  /** A command that a request brought, under its idempotency key. */
  sealed interface Keyed extends CustomerCommand {
    /** The key and the fingerprint of the request. */
    RequestKey request();
  }

  /** Creates the customer; refused if it exists. */
  record CreateCustomer(
      RequestKey request,
      @Nullable String externalId,
      @Nullable String displayName,
      @Nullable String email,
      @Nullable String timeZone,
      Map<String, String> metadata)
      implements Keyed {}

  /**
   * Changes what is known of the customer.
   *
   * @param displayName null = leave as it is
   * @param email null = leave as it is
   * @param timeZone null = leave as it is
   * @param metadata null = leave as it is; else the whole new metadata
   */
  record UpdateCustomer(
      RequestKey request,
      @Nullable NewText displayName,
      @Nullable NewText email,
      @Nullable NewText timeZone,
      @Nullable Map<String, String> metadata)
      implements Keyed {}

  /**
   * Deposits a block.
   *
   * @param createAs the external id under which an unknown customer is created; null = an unknown
   *     customer is refused
   * @param creditsMc above 0
   * @param effectiveAt null = now
   * @param expiresAt null = see {@code expiresAfterSeconds}
   * @param expiresAfterSeconds counted from when it takes effect; null, like {@code expiresAt} =
   *     never
   */
  record GrantCredits(
      RequestKey request,
      @Nullable String createAs,
      long creditsMc,
      BlockSource source,
      @Nullable String reason,
      int priority,
      @Nullable Instant effectiveAt,
      @Nullable Instant expiresAt,
      @Nullable Long expiresAfterSeconds,
      @JsonDeserialize(as = LinkedHashSet.class) @Nullable Set<String> metricKeys,
      @Nullable BigDecimal pricePaid,
      @Nullable String currency,
      Map<String, String> metadata)
      implements Keyed {}

  /**
   * Prices usage and pays it from the blocks.
   *
   * @param rule the active rule of the metric; null = it has none
   * @param burnOrder the tenant's
   * @param timestamp when it was used; null = now
   */
  record RecordUsage(
      RequestKey request,
      String metricKey,
      BigDecimal units,
      @Nullable MeteringRule rule,
      BurnOrder burnOrder,
      @Nullable Instant timestamp,
      Map<String, String> properties,
      Map<String, String> metadata)
      implements Keyed {}

  /** Writes down what time has done, and nothing else. */
  record SettleDue() implements CustomerCommand {}
}
