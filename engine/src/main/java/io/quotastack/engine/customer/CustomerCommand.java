package io.quotastack.engine.customer;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.quotastack.engine.changes.NewValue;
import io.quotastack.engine.credits.AccountPolicy;
import io.quotastack.engine.credits.Allocation;
import io.quotastack.engine.credits.BlockSource;
import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.serialization.ClusterMessage;
import io.quotastack.engine.topups.AutoTopup;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
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
  @JsonSubTypes.Type(value = CustomerCommand.AdjustCredits.class, name = "adjust_credits"),
  @JsonSubTypes.Type(value = CustomerCommand.VoidBlock.class, name = "void_block"),
  @JsonSubTypes.Type(value = CustomerCommand.RecordUsage.class, name = "record_usage"),
  @JsonSubTypes.Type(value = CustomerCommand.ReverseUsage.class, name = "reverse_usage"),
  @JsonSubTypes.Type(value = CustomerCommand.Reserve.class, name = "reserve"),
  @JsonSubTypes.Type(value = CustomerCommand.Commit.class, name = "commit"),
  @JsonSubTypes.Type(value = CustomerCommand.Release.class, name = "release"),
  @JsonSubTypes.Type(value = CustomerCommand.Extend.class, name = "extend"),
  @JsonSubTypes.Type(value = CustomerCommand.GrantTopup.class, name = "grant_topup"),
  @JsonSubTypes.Type(value = CustomerCommand.SetAutoTopup.class, name = "set_auto_topup"),
  @JsonSubTypes.Type(value = CustomerCommand.RemoveAutoTopup.class, name = "remove_auto_topup"),
  @JsonSubTypes.Type(value = CustomerCommand.RefuseTopup.class, name = "refuse_topup"),
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
      @Nullable OveragePolicy overagePolicy,
      @Nullable Long maxOverageMc,
      Map<String, String> metadata)
      implements Keyed {}

  /**
   * Changes what is known of the customer.
   *
   * @param displayName null = leave as it is
   * @param email null = leave as it is
   * @param timeZone null = leave as it is
   * @param overagePolicy null = leave as it is
   * @param maxOverageMc null = leave as it is
   * @param metadata null = leave as it is; else the whole new metadata
   */
  record UpdateCustomer(
      RequestKey request,
      @Nullable NewValue<String> displayName,
      @Nullable NewValue<String> email,
      @Nullable NewValue<String> timeZone,
      @Nullable NewValue<OveragePolicy> overagePolicy,
      @Nullable NewValue<Long> maxOverageMc,
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
   * Corrects the balance by hand.
   *
   * @param deltaMc above 0 makes a block, below 0 burns blocks; not 0
   * @param burnOrder the tenant's
   */
  record AdjustCredits(
      RequestKey request,
      long deltaMc,
      String reason,
      BurnOrder burnOrder,
      Map<String, String> metadata)
      implements Keyed {}

  /** Takes back what a block has that is not held. */
  record VoidBlock(RequestKey request, long block, String reason) implements Keyed {}

  /**
   * Prices usage and pays it from the blocks.
   *
   * @param pricing the rules that may price it
   * @param policy the tenant's terms
   * @param timestamp when it was used; null = now
   */
  record RecordUsage(
      RequestKey request,
      String metricKey,
      BigDecimal units,
      Pricing pricing,
      AccountPolicy policy,
      @Nullable Instant timestamp,
      Map<String, String> properties,
      Map<String, String> metadata)
      implements Keyed {}

  /**
   * Gives back what usage has cost. What the journal says of that usage comes with it: it never
   * changes.
   *
   * @param usage the number of the event that recorded it
   * @param metricKey what was used
   * @param creditsMc how much; null = all that was not given back yet
   * @param costMc what it cost
   * @param overageMc the part of that which was booked as overage
   * @param taken where the rest was taken from, in order
   * @param blocks the terms of the blocks that it was taken from
   */
  record ReverseUsage(
      RequestKey request,
      long usage,
      String metricKey,
      @Nullable Long creditsMc,
      String reason,
      long costMc,
      long overageMc,
      List<Allocation> taken,
      List<BlockTerms> blocks)
      implements Keyed {}

  /**
   * Pins credits for work under way.
   *
   * @param metricKey what they are for; null = {@code creditsMc}
   * @param estimatedUnits how many units, above 0; null = {@code creditsMc}
   * @param creditsMc how much, above 0; null = what the units cost
   * @param pricing the rules that may price the metric
   * @param policy the tenant's terms
   * @param ttlSeconds how long; above 0
   */
  record Reserve(
      RequestKey request,
      @Nullable String metricKey,
      @Nullable BigDecimal estimatedUnits,
      @Nullable Long creditsMc,
      Pricing pricing,
      AccountPolicy policy,
      long ttlSeconds,
      Map<String, String> properties,
      Map<String, String> metadata)
      implements Keyed {}

  /**
   * Pays for work that was reserved.
   *
   * @param reservation its number
   * @param actualUnits what was used since the capture before; null = see {@code creditsMc}
   * @param creditsMc what it cost; null, like {@code actualUnits} = what is left of the estimate
   * @param last whether the work is done; else what is left stays pinned
   * @param policy the tenant's terms
   */
  record Commit(
      RequestKey request,
      long reservation,
      @Nullable BigDecimal actualUnits,
      @Nullable Long creditsMc,
      boolean last,
      AccountPolicy policy,
      Map<String, String> metadata)
      implements Keyed {}

  /** Lets go all that a reservation pins. */
  record Release(RequestKey request, long reservation, @Nullable String note) implements Keyed {}

  /** Gives a reservation so many seconds from now. */
  record Extend(RequestKey request, long reservation, long ttlSeconds) implements Keyed {}

  /**
   * Grants a payment that the tenant took, once for ever.
   *
   * @param createAs the external id under which an unknown customer is created; null = an unknown
   *     customer is refused
   * @param payment the payment's own id and what is asked under it; null = not told
   * @param packageKey the package; null = credits as such
   * @param packageFault why that package can't be granted now, if it was not granted before under
   *     the same key or payment; null = it can
   * @param creditsMc above 0
   * @param bonusMc what comes for free with it; 0 = nothing
   * @param expiresAt null = see {@code expiresAfterSeconds}
   * @param expiresAfterSeconds null, like {@code expiresAt} = never
   */
  record GrantTopup(
      RequestKey request,
      @Nullable String createAs,
      @Nullable RequestKey payment,
      @Nullable String packageKey,
      @Nullable String packageFault,
      long creditsMc,
      long bonusMc,
      @Nullable BigDecimal pricePaid,
      @Nullable String currency,
      int priority,
      @Nullable Instant expiresAt,
      @Nullable Long expiresAfterSeconds,
      @JsonDeserialize(as = LinkedHashSet.class) @Nullable Set<String> metricKeys,
      Map<String, String> metadata)
      implements Keyed {
    /** Of credits as such, or of a package that can be granted. */
    public GrantTopup(
        RequestKey request,
        @Nullable String createAs,
        @Nullable RequestKey payment,
        @Nullable String packageKey,
        long creditsMc,
        long bonusMc,
        @Nullable BigDecimal pricePaid,
        @Nullable String currency,
        int priority,
        @Nullable Instant expiresAt,
        @Nullable Long expiresAfterSeconds,
        @Nullable Set<String> metricKeys,
        Map<String, String> metadata) {
      this(
          request,
          createAs,
          payment,
          packageKey,
          null,
          creditsMc,
          bonusMc,
          pricePaid,
          currency,
          priority,
          expiresAt,
          expiresAfterSeconds,
          metricKeys,
          metadata);
    }
  }

  /** Sets when a topup is asked for. Doing it twice is doing it once: it needs no key. */
  record SetAutoTopup(AutoTopup.Settings settings) implements CustomerCommand {}

  /** No topup is asked for any more. */
  record RemoveAutoTopup(RequestKey request) implements Keyed {}

  /** The topup that was asked for will not come. */
  record RefuseTopup(RequestKey request) implements Keyed {}

  /** Writes down what time has done, and nothing else. */
  record SettleDue() implements CustomerCommand {}
}
