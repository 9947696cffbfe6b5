package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.BlockStatus;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.Burnable;
import io.quotastack.engine.metering.Pricing;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a customer can be asked without changing it; answered from memory. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "query")
@JsonSubTypes({
  @JsonSubTypes.Type(value = CustomerQuery.ReadCustomer.class, name = "read_customer"),
  @JsonSubTypes.Type(value = CustomerQuery.ReadCredits.class, name = "read_credits"),
  @JsonSubTypes.Type(value = CustomerQuery.ListBlocks.class, name = "list_blocks"),
  @JsonSubTypes.Type(value = CustomerQuery.CheckEntitlement.class, name = "check_entitlement"),
  @JsonSubTypes.Type(value = CustomerQuery.ReadBlockFates.class, name = "read_block_fates"),
  @JsonSubTypes.Type(value = CustomerQuery.ReadTimeline.class, name = "read_timeline"),
  @JsonSubTypes.Type(value = CustomerQuery.ReadReservation.class, name = "read_reservation"),
  @JsonSubTypes.Type(value = CustomerQuery.ListReservations.class, name = "list_reservations"),
  @JsonSubTypes.Type(value = CustomerQuery.ReadAutoTopup.class, name = "read_auto_topup"),
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
   * @param status only those of that status; null = all that are live
   * @param after the place behind which the page begins; null = at the start
   * @param limit at most so many
   */
  record ListBlocks(
      BurnOrder order, @Nullable BlockStatus status, @Nullable BurnPlace after, int limit)
      implements CustomerQuery {}

  /** A place in the burn order: that of a block that may be gone by now. */
  record BurnPlace(long number, int priority, @Nullable Instant expiresAt, boolean paid)
      implements Burnable {}

  /**
   * May the customer use that many units of the metric now?
   *
   * @param metricKey the metric
   * @param featureKey the feature that the metric asks for; null = none
   * @param pricing the rules that may price it
   * @param policy the tenant's terms
   * @param units how many; above 0
   * @param properties what kind of usage it would be
   */
  record CheckEntitlement(
      String metricKey,
      @Nullable String featureKey,
      Pricing pricing,
      AccountPolicy policy,
      BigDecimal units,
      Map<String, String> properties)
      implements CustomerQuery {}

  /** What became of the blocks of these numbers. */
  record ReadBlockFates(List<Long> numbers) implements CustomerQuery {}

  /**
   * What time will do next.
   *
   * @param limit at most so many
   */
  record ReadTimeline(int limit) implements CustomerQuery {}

  /** An active reservation. */
  record ReadReservation(long reservation) implements CustomerQuery {}

  /**
   * Active reservations, newest first.
   *
   * @param before only those with a smaller number; null = all
   * @param limit at most so many
   */
  record ListReservations(@Nullable Long before, int limit) implements CustomerQuery {}

  /** When a topup is asked for. */
  record ReadAutoTopup() implements CustomerQuery {}

  /** What the last ledger entry must be. */
  record ReadLedgerHead() implements CustomerQuery {}
}
