package io.quotastack.http.metering;

import io.quotastack.engine.customer.CustomerCommand.RecordUsage;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.http.door.Customers;
import io.quotastack.http.input.DecimalRule;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.TextMapRule;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemType;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One usage event as a body tells it, alone or in a batch.
 *
 * @param customer the customer, by exactly one of its names
 * @param metricKey what was used
 * @param units how much; 0 or more
 * @param timestamp when; null = now
 * @param properties what the tenant says about it
 * @param metadata the tenant's own
 */
record UsageInput(
    CustomerRef customer,
    String metricKey,
    BigDecimal units,
    @Nullable Instant timestamp,
    Map<String, String> properties,
    Map<String, String> metadata) {
  private static final TextRule CUSTOMER_ID =
      TextRule.length(1, 255).matching(text -> Customers.uuid(text) != null, "must be a UUID");

  /**
   * Reads an event.
   *
   * @throws io.quotastack.http.problems.ProblemException if anything is wrong with it
   */
  static UsageInput read(TenantRef tenant, JsonFields body) {
    String customerId = body.textOrNull("customer_id", CUSTOMER_ID);
    String externalId = body.textOrNull("external_customer_id", Customers.EXTERNAL_ID);
    String metricKey = body.text("billable_metric_key", MetricRoutes.KEY);
    BigDecimal units = body.decimalOr("units", DecimalRule.NOT_NEGATIVE, BigDecimal.ONE);
    Instant timestamp = body.instantOrNull("timestamp");
    Map<String, String> properties = body.textMap("properties", TextMapRule.METADATA);
    Map<String, String> metadata = body.textMap("metadata", TextMapRule.METADATA);
    body.finish();
    return new UsageInput(
        customer(tenant, customerId, externalId),
        metricKey,
        units,
        timestamp,
        properties,
        metadata);
  }

  private static CustomerRef customer(
      TenantRef tenant, @Nullable String customerId, @Nullable String externalId) {
    UUID uuid = customerId == null ? null : Customers.uuid(customerId);
    if (uuid != null && externalId == null) {
      return new CustomerRef(tenant, uuid);
    }
    if (externalId != null && uuid == null) {
      return CustomerRef.ofExternalId(tenant, externalId);
    }
    throw Problem.of(
            ProblemType.CUSTOMER_IDENTIFIER,
            externalId == null
                ? "Give customer_id or external_customer_id"
                : "Give either customer_id or external_customer_id, not both")
        .asException();
  }

  /** The command that records it, priced by the rule that is active at that time. */
  RecordUsage command(RequestKey request, Catalog catalog, Instant now) {
    return new RecordUsage(
        request,
        metricKey,
        units,
        catalog.activeRule(metricKey, now),
        catalog.config().burnOrder(),
        timestamp,
        properties,
        metadata);
  }
}
