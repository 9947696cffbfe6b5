package io.quotastack.http.metering;

import io.quotastack.engine.ids.TenantRef;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.engine.tenant.TenantCommand.CreateMetric;
import io.quotastack.engine.tenant.TenantCommand.UpdateMetric;
import io.quotastack.engine.tenant.TenantEvent;
import io.quotastack.http.door.NewValues;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.lists.Page;
import io.quotastack.http.lists.PageRequest;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/** Making, reading and changing billable metrics (semantics 4). */
public final class MetricRoutes {
  /** The key of a metric or of a feature. */
  public static final TextRule KEY =
      TextRule.length(1, 64)
          .matching(
              text -> Metric.KEY.matcher(text).matches(),
              "must have only the characters a-z, 0-9 and _");

  private static final TextRule NAME = TextRule.length(1, 255);
  private static final TextRule DESCRIPTION = TextRule.length(1, 2_000);
  private static final String KIND = "billable-metrics";

  private final Tenants tenants;

  /** The routes to these tenants' metrics. */
  public MetricRoutes(Tenants tenants) {
    this.tenants = tenants;
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    routes.post("/v1/billable-metrics", this::create);
    routes.get("/v1/billable-metrics", this::list).query("cursor", "limit");
    routes.get("/v1/billable-metrics/{key}", this::read);
    routes.patch("/v1/billable-metrics/{key}", this::update);
  }

  private CompletionStage<Reply> create(Call call) {
    JsonFields body = call.body();
    var command =
        new CreateMetric(
            call.requestKey(),
            body.text("key", KEY),
            body.text("name", NAME),
            body.textOrNull("description", DESCRIPTION),
            body.textOrNull("feature_key", KEY));
    body.finish();
    return tenants.change(call.caller().tenant(), command).thenApply(MetricRoutes::reply);
  }

  private CompletionStage<Reply> update(Call call) {
    JsonFields body = call.body();
    var command =
        new UpdateMetric(
            call.requestKey(),
            call.path("key"),
            body.patch("name", name -> body.text(name, NAME)).valueOrNull(),
            NewValues.of(body.patch("description", name -> body.textOrNull(name, DESCRIPTION))),
            NewValues.of(body.patch("feature_key", name -> body.textOrNull(name, KEY))),
            body.patch("archived", body::bool).valueOrNull());
    body.finish();
    return tenants.change(call.caller().tenant(), command).thenApply(MetricRoutes::reply);
  }

  private static Reply reply(Tenants.Changed changed) {
    Reply reply =
        switch (changed.event()) {
          case TenantEvent.MetricCreated created ->
              Reply.created(json -> MeteringJson.metric(json, created.metric(), null));
          case TenantEvent.MetricUpdated updated ->
              Reply.ok(json -> MeteringJson.metric(json, updated.metric(), updated.activeRule()));
          default -> throw new IllegalStateException("not of a metric: " + changed.event());
        };
    return reply.replayed(changed.replayed());
  }

  private CompletionStage<Reply> read(Call call) {
    String key = call.path("key");
    TenantRef tenant = call.caller().tenant();
    return tenants.catalog(tenant).thenApply(catalog -> reply(catalog, key));
  }

  private Reply reply(Catalog catalog, String key) {
    Metric metric = catalog.metric(key);
    if (metric == null) {
      throw Problem.notFound("There is no metric '" + key + "'").asException();
    }
    MeteringRule rule = catalog.activeRule(key, tenants.now());
    return Reply.ok(json -> MeteringJson.metric(json, metric, rule));
  }

  private CompletionStage<Reply> list(Call call) {
    PageRequest page = PageRequest.byTexts(call.query(), KIND, 1);
    call.query().finish();
    return tenants
        .catalog(call.caller().tenant())
        .thenApply(catalog -> {
          Instant now = tenants.now();
          Page<Metric> metrics =
              Page.byText(KIND, page, catalog.metrics().values().stream(), Metric::key);
          return Reply.ok(json ->
              metrics.writeMembers(
                  json,
                  (each, metric) ->
                      MeteringJson.metric(each, metric, catalog.activeRule(metric.key(), now))));
        });
  }
}
