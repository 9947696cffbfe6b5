package io.quotastack.http.topups;

import io.quotastack.engine.tenant.TenantCommand.CreatePackage;
import io.quotastack.engine.tenant.TenantCommand.UpdatePackage;
import io.quotastack.engine.tenant.TenantEvent;
import io.quotastack.engine.topups.TopupPackage;
import io.quotastack.http.credits.DepositRules;
import io.quotastack.http.door.NewValues;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.DecimalRule;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.lists.Page;
import io.quotastack.http.lists.PageRequest;
import io.quotastack.http.metering.MetricRoutes;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.util.concurrent.CompletionStage;

/** Making, reading and changing topup packages (semantics 7). */
public final class PackageRoutes {
  private static final TextRule NAME = TextRule.length(1, 255);
  private static final String KIND = "topup-packages";

  private final Tenants tenants;

  /** The routes to these tenants' packages. */
  public PackageRoutes(Tenants tenants) {
    this.tenants = tenants;
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    routes.post("/v1/topup/packages", this::create);
    routes.get("/v1/topup/packages", this::list).query("archived", "cursor", "limit");
    routes.get("/v1/topup/packages/{key}", this::read);
    routes.patch("/v1/topup/packages/{key}", this::update);
  }

  private CompletionStage<Reply> create(Call call) {
    JsonFields body = call.body();
    Long bonusCreditsMc = body.amountOrNull("bonus_credits", 0);
    var command =
        new CreatePackage(
            call.requestKey(),
            body.text("key", MetricRoutes.KEY),
            body.text("name", NAME),
            body.amount("credits", 1),
            bonusCreditsMc == null ? 0 : bonusCreditsMc,
            body.decimalOrNull("price", DecimalRule.NOT_NEGATIVE),
            body.textOrNull("currency", DepositRules.CURRENCY),
            body.wholeOrNull("expires_after_seconds", 1, DepositRules.MAX_LIFE_SECONDS),
            body.intOr("priority", 0, DepositRules.MAX_PRIORITY, 0));
    body.finish();
    return tenants.change(call.caller().tenant(), command).thenApply(PackageRoutes::reply);
  }

  private CompletionStage<Reply> update(Call call) {
    JsonFields body = call.body();
    var command =
        new UpdatePackage(
            call.requestKey(),
            call.path("key"),
            body.patch("name", name -> body.text(name, NAME)).valueOrNull(),
            body.patch("credits", name -> body.amount(name, 1)).valueOrNull(),
            body.patch("bonus_credits", name -> body.amount(name, 0)).valueOrNull(),
            NewValues.of(
                body.patch("price", name -> body.decimalOrNull(name, DecimalRule.NOT_NEGATIVE))),
            NewValues.of(
                body.patch("currency", name -> body.textOrNull(name, DepositRules.CURRENCY))),
            NewValues.of(
                body.patch(
                    "expires_after_seconds",
                    name -> body.wholeOrNull(name, 1, DepositRules.MAX_LIFE_SECONDS))),
            body.patch("priority", name -> (int) body.whole(name, 0, DepositRules.MAX_PRIORITY))
                .valueOrNull(),
            body.patch("archived", body::bool).valueOrNull());
    body.finish();
    return tenants.change(call.caller().tenant(), command).thenApply(PackageRoutes::reply);
  }

  private static Reply reply(Tenants.Changed changed) {
    Reply reply =
        switch (changed.event()) {
          case TenantEvent.PackageCreated created ->
              Reply.created(json -> PackageJson.write(json, created.topupPackage()));
          case TenantEvent.PackageUpdated updated ->
              Reply.ok(json -> PackageJson.write(json, updated.topupPackage()));
          default -> throw new IllegalStateException("not of a package: " + changed.event());
        };
    return reply.replayed(changed.replayed());
  }

  private CompletionStage<Reply> read(Call call) {
    String key = call.path("key");
    return tenants
        .catalog(call.caller().tenant())
        .thenApply(catalog -> {
          TopupPackage found = catalog.topupPackage(key);
          if (found == null) {
            throw Problem.notFound("There is no package '" + key + "'").asException();
          }
          return Reply.ok(json -> PackageJson.write(json, found));
        });
  }

  private CompletionStage<Reply> list(Call call) {
    QueryParameters query = call.query();
    Boolean archived = query.boolOrNull("archived");
    PageRequest request = PageRequest.byTexts(query, KIND, 1);
    query.finish();
    return tenants
        .catalog(call.caller().tenant())
        .thenApply(catalog -> {
          Page<TopupPackage> page =
              Page.byText(
                  KIND,
                  request,
                  catalog.packages().values().stream()
                      .filter(each -> archived == null || each.archived() == archived),
                  TopupPackage::key);
          return Reply.ok(json -> page.writeMembers(json, PackageJson::write));
        });
  }
}
