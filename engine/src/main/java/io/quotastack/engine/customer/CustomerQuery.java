package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.Burnable;
import io.quotastack.engine.metering.MeteringRule;
import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a customer can be asked without changing it; answered from memory. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "query")
@JsonSubTypes({
  @JsonSubTypes.Type(value = CustomerQuery.ReadCustomer.class, name = "read_customer"),
  @JsonSubTypes.Type(value = CustomerQuery.ReadCredits.class, name = "read_credits"),
  @JsonSubTypes.Type(value = CustomerQuery.ListBlocks.class, name = "list_blocks"),
  @JsonSubTypes.Type(value = CustomerQuery.CheckEntitlement.class, name = "check_entitlement"),
  @JsonSubTypes.Type(value = CustomerQuery.ReadLedgerHead.class, name = "read_ledger_head")
})
public sealed interface CustomerQuery {
  /** Who the customer is. */
  record ReadCustomer() implements CustomerQuery {}

  /**
   * The account.
   *
   * @param blocksIn also the live blocks, in this order; null = without them
   */
  record ReadCredits(@Nullable BurnOrder blocksIn) implements CustomerQuery {}

  /**
   * A page of the live blocks in burn order.
   *
   * @param active only active ones or only pending ones; null = both
   * @param after the place behind which the page begins; null = at the start
   * @param limit at most so many
   */
  record ListBlocks(BurnOrder order, @Nullable Boolean active, @Nullable BurnPlace after, int limit)
      implements CustomerQuery {}

  /** A place in the burn order: that of a block that may be gone by now. */
  record BurnPlace(long number, int priority, @Nullable Instant expiresAt, boolean paid)
      implements Burnable {}

  /**
   * May the customer use that many units of the metric now?
   *
   * @param metricKey the metric
   * @param featureKey the feature that the metric asks for; null = none
   * @param rule its active rule; null = it has none
   * @param units how many; above 0
   */
  record CheckEntitlement(
      String metricKey, @Nullable String featureKey, @Nullable MeteringRule rule, BigDecimal units)
      implements CustomerQuery {}

  /** What the last ledger entry must be. */
  record ReadLedgerHead() implements CustomerQuery {}
}
