package io.quotastack.http.metering;

import io.quotastack.engine.customer.CustomerCommand.RecordUsage;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.http.door.NamedCustomer;
import io.quotastack.http.input.DecimalRule;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.TextMapRule;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
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

  /**
   * Reads an event.
   *
   * @throws io.quotastack.http.problems.ProblemException if anything is wrong with it
   */
  static UsageInput read(TenantRef tenant, JsonFields body) {
    NamedCustomer customer = NamedCustomer.read(body);
    String metricKey = body.text("billable_metric_key", MetricRoutes.KEY);
    BigDecimal units = body.decimalOr("units", DecimalRule.NOT_NEGATIVE, BigDecimal.ONE);
    Instant timestamp = body.instantOrNull("timestamp");
    Map<String, String> properties = body.textMap("properties", TextMapRule.METADATA);
    Map<String, String> metadata = body.textMap("metadata", TextMapRule.METADATA);
    body.finish();
    return new UsageInput(customer.in(tenant), metricKey, units, timestamp, properties, metadata);
  }

  /** The command that records it, priced by the rules of about that time. */
  RecordUsage command(RequestKey request, Catalog catalog, Instant now) {
    return new RecordUsage(
        request,
        metricKey,
        units,
        catalog.pricing(metricKey, now).narrowedTo(properties),
        catalog.config().policy(),
        timestamp,
        properties,
        metadata);
  }
}
