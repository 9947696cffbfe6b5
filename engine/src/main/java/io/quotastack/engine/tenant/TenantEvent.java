package io.quotastack.engine.tenant;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.serialization.ClusterMessage;
import io.quotastack.engine.serialization.Stored;
import io.quotastack.engine.topups.TopupPackage;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What happened to a tenant's environment. The names are stored for ever. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(value = TenantEvent.TenantCreated.class, name = "tenant_created.1"),
  @JsonSubTypes.Type(value = TenantEvent.ConfigChanged.class, name = "tenant_config_changed.1"),
  @JsonSubTypes.Type(value = TenantEvent.MetricCreated.class, name = "metric_created.1"),
  @JsonSubTypes.Type(value = TenantEvent.MetricUpdated.class, name = "metric_updated.1"),
  @JsonSubTypes.Type(value = TenantEvent.RuleCreated.class, name = "metering_rule_created.1"),
  @JsonSubTypes.Type(value = TenantEvent.PackageCreated.class, name = "package_created.1"),
  @JsonSubTypes.Type(value = TenantEvent.PackageUpdated.class, name = "package_updated.1"),
  @JsonSubTypes.Type(value = TenantEvent.CustomerNamed.class, name = "customer_named.1")
})
public sealed interface TenantEvent extends Stored, ClusterMessage {
  /** When it happened. */
  Instant at();

  /** The request that caused it; null = the operator did. */
  default @Nullable RequestKey request() {
    return null;
  }

  /** The environment came to be, with its first API key. */
  record TenantCreated(Instant at, String name, ApiKeyHash apiKey) implements TenantEvent {}

  /** Settings were changed; holds all of them. */
  record ConfigChanged(Instant at, RequestKey request, TenantConfig config)
      implements TenantEvent {}

  /** A metric was made. */
  record MetricCreated(Instant at, RequestKey request, Metric metric) implements TenantEvent {}

  /** A metric was changed; holds all of it, and the rule that priced it then. */
  record MetricUpdated(
      Instant at, RequestKey request, Metric metric, @Nullable MeteringRule activeRule)
      implements TenantEvent {}

  /** A metric got a price. */
  record RuleCreated(Instant at, RequestKey request, MeteringRule rule) implements TenantEvent {}

  /** A topup package was made. */
  record PackageCreated(Instant at, RequestKey request, TopupPackage topupPackage)
      implements TenantEvent {}

  /** A topup package was changed; holds all of it. */
  record PackageUpdated(Instant at, RequestKey request, TopupPackage topupPackage)
      implements TenantEvent {}

  /**
   * A customer without an external id got its UUID, before it is created under it: a retry with the
   * same key goes to the same customer.
   */
  record CustomerNamed(Instant at, RequestKey request, UUID customerId) implements TenantEvent {}
}
