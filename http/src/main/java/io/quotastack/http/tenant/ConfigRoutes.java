package io.quotastack.http.tenant;

import io.quotastack.engine.credits.BurnOrder;
import io.quotastack.engine.credits.OveragePolicy;
import io.quotastack.engine.credits.OverageSettlement;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.tenant.TenantCommand.ChangeConfig;
import io.quotastack.engine.tenant.TenantConfig;
import io.quotastack.engine.tenant.TenantEvent;
import io.quotastack.http.customer.CustomerRoutes;
import io.quotastack.http.door.NewValues;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.WireNames;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.time.ZoneId;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Reading and changing the settings of a tenant's environment. */
public final class ConfigRoutes {
  private static final WireNames<BurnOrder> BURN_ORDERS = WireNames.lowerCase(BurnOrder.class);
  private static final WireNames<OveragePolicy> OVERAGE_POLICIES =
      WireNames.lowerCase(OveragePolicy.class);
  private static final WireNames<OverageSettlement> OVERAGE_SETTLEMENTS =
      WireNames.lowerCase(OverageSettlement.class);

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
        .thenApply(catalog -> reply(tenant, catalog.config(), catalog.configVersion()));
  }

  private CompletionStage<Reply> update(Call call) {
    TenantRef tenant = tenant(call);
    JsonFields body = call.body();
    var command =
        new ChangeConfig(
            call.requestKey(),
            body.patch("burn_order", name -> body.choice(name, BURN_ORDERS)).valueOrNull(),
            body.patch("overage_policy", name -> body.choice(name, OVERAGE_POLICIES)).valueOrNull(),
            body.patch("overage_settlement", name -> body.choice(name, OVERAGE_SETTLEMENTS))
                .valueOrNull(),
            NewValues.of(body.patch("max_overage", name -> body.amountOrNull(name, 0))),
            body.patch("reservation_default_ttl_seconds", name -> ttlSeconds(body, name))
                .valueOrNull(),
            body.patch("time_zone", name -> timeZone(body, name)).valueOrNull());
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

  private static int ttlSeconds(JsonFields body, String name) {
    return (int) body.whole(name, 1, TenantConfig.MAX_RESERVATION_TTL_SECONDS);
  }

  /** The zone of that name, or null while what is wrong with it waits to be told. */
  private static @Nullable ZoneId timeZone(JsonFields body, String name) {
    String zone = body.text(name, CustomerRoutes.TIME_ZONE);
    return zone.isEmpty() ? null : ZoneId.of(zone);
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
            .text("burn_order", name(config.burnOrder()))
            .text("overage_policy", name(config.overagePolicy()))
            .text("overage_settlement", name(config.overageSettlement()))
            .numberOrNull("max_overage", config.maxOverageMc())
            .number("reservation_default_ttl_seconds", config.reservationDefaultTtlSeconds())
            .text("time_zone", config.timeZone().getId())
            .number("version", version));
  }

  private static String name(Enum<?> setting) {
    return setting.name().toLowerCase(Locale.ROOT);
  }
}
