package io.quotastack.http.customer;

import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.customer.CustomerCommand.CreateCustomer;
import io.quotastack.engine.customer.CustomerCommand.UpdateCustomer;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.idempotency.RequestKey;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.tenant.TenantCommand;
import io.quotastack.engine.tenant.TenantEvent;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.NewValues;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.Patch;
import io.quotastack.http.input.TextMapRule;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.input.WireNames;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.time.ZoneId;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Creating, reading and changing customers (semantics 1). */
public final class CustomerRoutes {
  private static final TextRule DISPLAY_NAME = TextRule.length(1, 255);
  private static final Pattern EMAIL_FORM = Pattern.compile("[^@\\s]+@[^@\\s]+");
  private static final TextRule EMAIL =
      TextRule.length(1, 254)
          .matching(
              text -> EMAIL_FORM.matcher(text).matches(), "must be an address like name@host");
  private static final Set<String> ZONES = ZoneId.getAvailableZoneIds();

  /** What names a time zone: the IANA database does. */
  public static final TextRule TIME_ZONE =
      TextRule.length(1, 64)
          .matching(ZONES::contains, "must be the name of an IANA time zone, like Europe/Paris");

  private static final WireNames<OveragePolicy> OVERAGE_POLICIES =
      WireNames.lowerCase(OveragePolicy.class);

  private final Customers customers;
  private final Tenants tenants;

  /** The routes to these customers. */
  public CustomerRoutes(Customers customers, Tenants tenants) {
    this.customers = customers;
    this.tenants = tenants;
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    routes.post("/v1/customers", this::create);
    Customers.both(routes::get, "", this::read);
    Customers.both(routes::patch, "", this::update);
  }

  private CompletionStage<Reply> create(Call call) {
    JsonFields body = call.body();
    String externalId = body.textOrNull("external_id", Customers.EXTERNAL_ID);
    var command =
        new CreateCustomer(
            call.requestKey(),
            externalId,
            body.textOrNull("display_name", DISPLAY_NAME),
            body.textOrNull("email", EMAIL),
            body.textOrNull("time_zone", TIME_ZONE),
            body.choiceOrNull("overage_policy", OVERAGE_POLICIES),
            body.amountOrNull("max_overage", 0),
            body.textMap("metadata", TextMapRule.METADATA));
    body.finish();
    return named(call.caller().tenant(), externalId, command.request())
        .thenCompose(customer -> customers.write(customer, command));
  }

  /**
   * The customer to create. Without an external id the tenant remembers which UUID it gave to the
   * request, so that a retry meets the same customer.
   */
  private CompletionStage<CustomerRef> named(
      TenantRef tenant, @Nullable String externalId, RequestKey request) {
    return externalId != null
        ? CompletableFuture.completedFuture(CustomerRef.ofExternalId(tenant, externalId))
        : tenants
            .change(tenant, new TenantCommand.NameCustomer(request, CustomerRef.newCustomerId()))
            .thenApply(changed ->
                new CustomerRef(
                    tenant, ((TenantEvent.CustomerNamed) changed.event()).customerId()));
  }

  private CompletionStage<Reply> read(Call call) {
    CustomerRef customer = Customers.of(call);
    return customers
        .read(customer, new CustomerQuery.ReadCustomer(), CustomerView.Customer.class)
        .thenApply(view ->
            Reply.ok(json ->
                CustomerJson.write(json, customer.customerId(), view.profile(), view.version())));
  }

  private CompletionStage<Reply> update(Call call) {
    CustomerRef customer = Customers.of(call);
    JsonFields body = call.body();
    var command =
        new UpdateCustomer(
            call.requestKey(),
            NewValues.of(body.patch("display_name", name -> body.textOrNull(name, DISPLAY_NAME))),
            NewValues.of(body.patch("email", name -> body.textOrNull(name, EMAIL))),
            NewValues.of(body.patch("time_zone", name -> body.textOrNull(name, TIME_ZONE))),
            NewValues.of(
                body.patch("overage_policy", name -> body.choiceOrNull(name, OVERAGE_POLICIES))),
            NewValues.of(body.patch("max_overage", name -> body.amountOrNull(name, 0))),
            newMap(body.patch("metadata", name -> body.textMap(name, TextMapRule.METADATA))));
    body.finish();
    return customers.write(customer, command);
  }

  /** The whole new metadata (empty if the body clears it); null = it is kept. */
  private static @Nullable Map<String, String> newMap(Patch<Map<String, String>> patch) {
    return patch.applyTo(null);
  }
}
