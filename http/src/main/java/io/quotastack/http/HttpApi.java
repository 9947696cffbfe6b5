package io.quotastack.http;

import io.quotastack.engine.Engine;
import io.quotastack.http.credits.BlockRoutes;
import io.quotastack.http.credits.CreditRoutes;
import io.quotastack.http.credits.ExportRoutes;
import io.quotastack.http.credits.LedgerRoutes;
import io.quotastack.http.customer.CustomerRoutes;
import io.quotastack.http.customer.TimelineRoutes;
import io.quotastack.http.door.Customers;
import io.quotastack.http.door.Faults;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.entitlements.EntitlementRoutes;
import io.quotastack.http.metering.MetricRoutes;
import io.quotastack.http.metering.RuleRoutes;
import io.quotastack.http.metering.UsageRoutes;
import io.quotastack.http.pages.PageRoutes;
import io.quotastack.http.reservations.ReservationRoutes;
import io.quotastack.http.server.Api;
import io.quotastack.http.server.ApiSettings;
import io.quotastack.http.server.Routes;
import io.quotastack.http.tenant.CatalogAuthenticator;
import io.quotastack.http.tenant.ConfigRoutes;
import io.quotastack.http.topups.AutoTopupRoutes;
import io.quotastack.http.topups.PackageRoutes;
import io.quotastack.http.topups.TopupRoutes;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.javadsl.Flow;

/** The whole HTTP API in front of an engine. */
public final class HttpApi {
  private HttpApi() {}

  /**
   * The API as what each connection does, to be bound with {@link
   * io.quotastack.http.server.ServerProtocol}'s settings.
   */
  public static Flow<HttpRequest, HttpResponse, NotUsed> connection(
      ActorSystem<?> system, Engine engine) {
    var customers = new Customers(engine);
    var tenants = new Tenants(engine);
    var routes = new Routes();
    new CustomerRoutes(customers, tenants).addTo(routes);
    new CreditRoutes(customers, tenants).addTo(routes);
    new BlockRoutes(customers, tenants).addTo(routes);
    new TimelineRoutes(customers).addTo(routes);
    new LedgerRoutes(customers, tenants).addTo(routes);
    new ExportRoutes(system, customers, engine.journal()).addTo(routes);
    new MetricRoutes(tenants).addTo(routes);
    new RuleRoutes(tenants).addTo(routes);
    new UsageRoutes(customers, tenants).addTo(routes);
    new EntitlementRoutes(customers, tenants).addTo(routes);
    new ReservationRoutes(customers, tenants).addTo(routes);
    new TopupRoutes(customers, tenants).addTo(routes);
    new AutoTopupRoutes(customers, tenants).addTo(routes);
    new PackageRoutes(tenants).addTo(routes);
    new ConfigRoutes(tenants).addTo(routes);
    PageRoutes.load().addTo(routes);
    return new Api(
            system,
            routes,
            new CatalogAuthenticator(engine),
            Faults::problem,
            ApiSettings.defaults(engine.clock()))
        .connection();
  }
}
