package io.quotastack.http.entitlements;

import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.entitlements.Entitlement;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.http.credits.CreditsJson;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.DecimalRule;
import io.quotastack.http.input.TextMapRule;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Asking whether a customer may do something (semantics 5). */
public final class EntitlementRoutes {
  private final Customers customers;
  private final Tenants tenants;

  /** The routes to these customers' entitlements. */
  public EntitlementRoutes(Customers customers, Tenants tenants) {
    this.customers = customers;
    this.tenants = tenants;
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    Customers.both(
        routes::get,
        "/entitlements/{key}",
        this::check,
        endpoint -> endpoint.query("units", "properties[]"));
  }

  private CompletionStage<Reply> check(Call call) {
    CustomerRef customer = Customers.of(call);
    BigDecimal units = call.query().decimalOr("units", DecimalRule.POSITIVE, BigDecimal.ONE);
    Map<String, String> properties = call.query().textMap("properties", TextMapRule.METADATA);
    call.query().finish();
    return tenants
        .catalog(customer.tenant())
        .thenCompose(catalog ->
            check(customer, metric(catalog, call.path("key")), units, properties, catalog));
  }

  private static Metric metric(Catalog catalog, String key) {
    Metric metric = catalog.metric(key);
    if (metric == null) {
      throw Problem.notFound("There is no metric '" + key + "'").asException();
    }
    return metric;
  }

  private CompletionStage<Reply> check(
      CustomerRef customer,
      Metric metric,
      BigDecimal units,
      Map<String, String> properties,
      Catalog catalog) {
    var query =
        new CustomerQuery.CheckEntitlement(
            metric.key(),
            metric.featureKey(),
            catalog.pricing(metric.key(), tenants.now()).narrowedTo(properties),
            catalog.config().policy(),
            units,
            properties);
    return customers
        .read(customer, query, CustomerView.Checked.class)
        .thenApply(checked -> reply(customer, metric, units, checked));
  }

  private static Reply reply(
      CustomerRef customer, Metric metric, BigDecimal units, CustomerView.Checked checked) {
    Entitlement entitlement = checked.entitlement();
    Entitlement.Reason reason = entitlement.reason();
    Long costMc = entitlement.estimatedCostMc();
    return Reply.ok(json -> {
      json.bool("allowed", entitlement.allowed())
          .text("reason", reason == null ? null : reason.name().toLowerCase(Locale.ROOT))
          .text("customer_id", customer.customerId().toString())
          .text("external_customer_id", checked.externalId())
          .text("billable_metric_key", metric.key())
          .text("feature_key", metric.featureKey())
          .decimal("units", units);
      CreditsJson.balances(json, checked.balances());
      json.numberOrNull("estimated_cost", costMc)
          .numberOrNull(
              "balance_after", costMc == null ? null : checked.balances().effectiveMc() - costMc)
          .numberOrNull("affordable_units", entitlement.affordableUnits())
          .nothing("subscription_status")
          .text("overage_policy", CreditsJson.name(checked.overagePolicy()));
    });
  }
}
