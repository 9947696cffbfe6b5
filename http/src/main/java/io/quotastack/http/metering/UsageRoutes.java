package io.quotastack.http.metering;

import io.quotastack.http.door.Customers;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.util.concurrent.CompletionStage;

/** Recording usage (semantics 4). */
public final class UsageRoutes {
  private final Customers customers;
  private final Tenants tenants;

  /** The routes to these customers' usage. */
  public UsageRoutes(Customers customers, Tenants tenants) {
    this.customers = customers;
    this.tenants = tenants;
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    routes.post("/v1/usage", this::record);
    routes.post(UsageBatch.PATH, this::recordBatch);
  }

  private CompletionStage<Reply> record(Call call) {
    UsageInput input = UsageInput.read(call.caller().tenant(), call.body());
    return tenants
        .catalog(call.caller().tenant())
        .thenCompose(catalog ->
            customers.write(
                input.customer(), input.command(call.requestKey(), catalog, tenants.now())));
  }

  private CompletionStage<Reply> recordBatch(Call call) {
    UsageBatch batch = UsageBatch.read(call);
    return tenants
        .catalog(call.caller().tenant())
        .thenCompose(catalog -> batch.record(customers, catalog, tenants.now()));
  }
}
