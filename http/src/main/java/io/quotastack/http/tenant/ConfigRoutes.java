package io.quotastack.http.tenant;

import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.tenant.TenantCommand.ChangeConfig;
import io.quotastack.engine.tenant.TenantConfig;
import io.quotastack.engine.tenant.TenantEvent;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.WireNames;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.util.Locale;
import java.util.concurrent.CompletionStage;

/** Reading and changing the settings of a tenant's environment. */
public final class ConfigRoutes {
  private static final WireNames<BurnOrder> BURN_ORDERS = WireNames.lowerCase(BurnOrder.class);

  private final Tenants tenants;

  /** The routes to these tenants' settings. */
  public ConfigRoutes(Tenants tenants) {
    this.tenants = tenants;
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    routes.get("/v1/tenants/{tenant_id}/config", this::read);
    routes.patch("/v1/tenants/{tenant_id}/config", this::update);
  }

  private CompletionStage<Reply> read(Call call) {
    TenantRef tenant = tenant(call);
    return tenants
        .catalog(tenant)
        .thenApply(catalog -> reply(tenant, catalog.config(), catalog.version()));
  }

  private CompletionStage<Reply> update(Call call) {
    TenantRef tenant = tenant(call);
    JsonFields body = call.body();
    var command = new ChangeConfig(call.requestKey(), body.choiceOrNull("burn_order", BURN_ORDERS));
    body.finish();
    return tenants
        .change(tenant, command)
        .thenApply(changed ->
            reply(
                    tenant,
                    ((TenantEvent.ConfigChanged) changed.event()).config(),
                    changed.sequence())
                .replayed(changed.replayed()));
  }

  /** The caller's own tenant, which is the only one that there is for it. */
  private static TenantRef tenant(Call call) {
    TenantRef tenant = call.caller().tenant();
    if (!tenant.tenantId().equals(call.path("tenant_id"))) {
      throw Problem.notFound("There is no tenant " + call.path("tenant_id")).asException();
    }
    return tenant;
  }

  private static Reply reply(TenantRef tenant, TenantConfig config, long version) {
    return Reply.ok(json ->
        json.text("tenant_id", tenant.tenantId())
            .text("environment", tenant.environment().wire())
            .text("burn_order", config.burnOrder().name().toLowerCase(Locale.ROOT))
            .number("version", version));
  }
}
