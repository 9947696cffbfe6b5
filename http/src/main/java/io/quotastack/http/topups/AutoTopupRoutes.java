package io.quotastack.http.topups;

import io.quotastack.engine.customer.CustomerCommand.RefuseTopup;
import io.quotastack.engine.customer.CustomerCommand.RemoveAutoTopup;
import io.quotastack.engine.customer.CustomerCommand.SetAutoTopup;
import io.quotastack.engine.customer.CustomerQuery;
import io.quotastack.engine.customer.CustomerView;
import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.topups.AutoTopup;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.metering.MetricRoutes;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.util.concurrent.CompletionStage;

/** When the tenant is asked to top a customer up (semantics 7). */
public final class AutoTopupRoutes {
  private static final long DEFAULT_WINDOW_SECONDS = 86_400;
  private static final long MAX_WINDOW_SECONDS = 31_622_400;

  private final Customers customers;
  private final Tenants tenants;

  /** The routes to these customers' auto-topup. */
  public AutoTopupRoutes(Customers customers, Tenants tenants) {
    this.customers = customers;
    this.tenants = tenants;
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    Customers.both(routes::get, "/auto-topup", this::read);
    Customers.both(routes::put, "/auto-topup", this::set);
    Customers.both(routes::delete, "/auto-topup", this::remove);
    Customers.both(routes::post, "/auto-topup/refuse", this::refuse);
  }

  private CompletionStage<Reply> read(Call call) {
    return status(Customers.of(call));
  }

  private CompletionStage<Reply> status(CustomerRef customer) {
    return customers
        .read(customer, new CustomerQuery.ReadAutoTopup(), CustomerView.Topups.class)
        .thenApply(view -> {
          AutoTopup autoTopup = view.autoTopup();
          return Reply.ok(json ->
              TopupJson.autoTopup(json, customer.customerId(), view.externalId(), autoTopup));
        });
  }

  private CompletionStage<Reply> set(Call call) {
    CustomerRef customer = Customers.of(call);
    JsonFields body = call.body();
    var settings =
        new AutoTopup.Settings(
            body.amount("threshold", 1),
            body.textOrNull("package_id", MetricRoutes.KEY),
            body.amountOrNull("credits", 1),
            body.intOr("max_per_window", 1, AutoTopup.MAX_PER_WINDOW, 1),
            body.wholeOr("window_seconds", 1, MAX_WINDOW_SECONDS, DEFAULT_WINDOW_SECONDS));
    TopupRoutes.checkOneOfCreditsAndPackage(body);
    body.finish();
    return tenants
        .catalog(customer.tenant())
        .thenCompose(catalog -> {
          String key = settings.packageKey();
          String fault = key == null ? null : TopupRoutes.fault(catalog, key);
          if (fault != null) {
            throw Problem.invalidRequest("/package_id", fault).asException();
          }
          return customers
              .write(customer, new SetAutoTopup(settings))
              .thenCompose(done -> status(customer));
        });
  }

  private CompletionStage<Reply> remove(Call call) {
    return customers.write(Customers.of(call), new RemoveAutoTopup(call.requestKey()));
  }

  private CompletionStage<Reply> refuse(Call call) {
    call.optionalBody().finish();
    return customers.write(Customers.of(call), new RefuseTopup(call.requestKey()));
  }
}
