package io.quotastack.engine.tenant;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.changes.NewValue;
import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.Dimension;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a tenant's environment can be asked to change. Bad form is refused before. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "command")
@JsonSubTypes({
  @JsonSubTypes.Type(value = TenantCommand.CreateTenant.class, name = "create_tenant"),
  @JsonSubTypes.Type(value = TenantCommand.ChangeConfig.class, name = "change_config"),
  @JsonSubTypes.Type(value = TenantCommand.CreateMetric.class, name = "create_metric"),
  @JsonSubTypes.Type(value = TenantCommand.UpdateMetric.class, name = "update_metric"),
  @JsonSubTypes.Type(value = TenantCommand.CreateRule.class, name = "create_rule"),
  @JsonSubTypes.Type(value = TenantCommand.CreatePackage.class, name = "create_package"),
  @JsonSubTypes.Type(value = TenantCommand.UpdatePackage.class, name = "update_package"),
  @JsonSubTypes.Type(value = TenantCommand.NameCustomer.class, name = "name_customer")
})
public sealed interface TenantCommand {
  /**
   * Creates the environment with its first key. Naming the same key again does nothing; another key
   * for a tenant that exists is refused.
   */
  record CreateTenant(String name, String keySha256) implements TenantCommand {}

  /** A command that a request brought, under its idempotency key. */
  sealed interface Keyed extends TenantCommand {
    /** The key and the fingerprint of the request. */
    RequestKey request();
  }

  /** Changes settings; null = leave as it is. */
  record ChangeConfig(
      RequestKey request,
      @Nullable BurnOrder burnOrder,
      @Nullable OveragePolicy overagePolicy,
      @Nullable OverageSettlement overageSettlement,
      @Nullable NewValue<Long> maxOverageMc,
      @Nullable Integer reservationDefaultTtlSeconds,
      @Nullable ZoneId timeZone)
      implements Keyed {}

  /** Makes a metric; refused if the key is taken. */
  record CreateMetric(
      RequestKey request,
      String key,
      String name,
      @Nullable String description,
      @Nullable String featureKey)
      implements Keyed {}

  /** Changes a metric; null = leave as it is. */
  record UpdateMetric(
      RequestKey request,
      String key,
      @Nullable String name,
      @Nullable NewValue<String> description,
      @Nullable NewValue<String> featureKey,
      @Nullable Boolean archived)
      implements Keyed {}

  /**
   * Prices a metric.
   *
   * @param price what units cost that no dimension prices; null = they have no price
   * @param effectiveAt from when; null = now
   */
  record CreateRule(
      RequestKey request,
      String metricKey,
      @Nullable Price price,
      TierScope tierScope,
      List<Dimension> dimensions,
      Rounding rounding,
      @Nullable Instant effectiveAt)
      implements Keyed {}

  /** Makes a topup package; refused if the key is taken. */
  record CreatePackage(
      RequestKey request,
      String key,
      String name,
      long creditsMc,
      long bonusCreditsMc,
      @Nullable BigDecimal price,
      @Nullable String currency,
      @Nullable Long expiresAfterSeconds,
      int priority)
      implements Keyed {}

  /** Changes a topup package from the next grant on; null = leave as it is. */
  record UpdatePackage(
      RequestKey request,
      String key,
      @Nullable String name,
      @Nullable Long creditsMc,
      @Nullable Long bonusCreditsMc,
      @Nullable NewValue<BigDecimal> price,
      @Nullable NewValue<String> currency,
      @Nullable NewValue<Long> expiresAfterSeconds,
      @Nullable Integer priority,
      @Nullable Boolean archived)
      implements Keyed {}

  /**
   * Finds the UUID for a customer without external id.
   *
   * @param proposed taken if the request is new
   */
  record NameCustomer(RequestKey request, UUID proposed) implements Keyed {}
}
