package io.quotastack.http.metering;

import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Rounding;
import io.quotastack.engine.metering.TierScope;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.engine.tenant.TenantCommand.CreateRule;
import io.quotastack.engine.tenant.TenantEvent;
import io.quotastack.http.door.Tenants;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.lists.Cursor;
import io.quotastack.http.lists.Page;
import io.quotastack.http.lists.PageRequest;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.server.Call;
import io.quotastack.http.server.Reply;
import io.quotastack.http.server.Routes;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Making and reading metering rules (semantics 4). */
public final class RuleRoutes {
  private static final String KIND = "metering-rules";

  /** Newest first, and then by what names a rule. */
  private static final Comparator<MeteringRule> NEWEST_FIRST =
      Comparator.comparing(MeteringRule::createdAt)
          .reversed()
          .thenComparing(MeteringRule::metricKey)
          .thenComparing(MeteringRule::version, Comparator.reverseOrder());

  private final Tenants tenants;

  /** The routes to these tenants' rules. */
  public RuleRoutes(Tenants tenants) {
    this.tenants = tenants;
  }

  /** Adds them. */
  public void addTo(Routes routes) {
    routes.post("/v1/metering-rules", this::create);
    routes
        .get("/v1/metering-rules", this::list)
        .query("billable_metric_key", "active", "cursor", "limit");
    routes.get("/v1/metering-rules/{id}", this::read);
    routes.post("/v1/metering-rules/preview", call -> RulePreview.of(call.body()).now());
  }

  private CompletionStage<Reply> create(Call call) {
    JsonFields body = call.body();
    String metricKey = body.text("billable_metric_key", MetricRoutes.KEY);
    RuleInput input = RuleInput.read(body);
    Instant effectiveAt = body.instantOrNull("effective_at");
    body.finish();
    var command =
        new CreateRule(
            call.requestKey(),
            metricKey,
            input.price(),
            input.tierScope(),
            input.dimensions(),
            input.rounding(),
            effectiveAt);
    return tenants
        .change(call.caller().tenant(), command)
        .thenApply(changed -> {
          MeteringRule rule = ((TenantEvent.RuleCreated) changed.event()).rule();
          boolean active = !rule.effectiveAt().isAfter(rule.createdAt());
          return Reply.created(json -> MeteringJson.rule(json, rule, active))
              .replayed(changed.replayed());
        });
  }

  private CompletionStage<Reply> read(Call call) {
    String id = call.path("id");
    return tenants
        .catalog(call.caller().tenant())
        .thenApply(catalog -> {
          MeteringRule rule =
              all(catalog)
                  .filter(each -> each.id().equals(id))
                  .findFirst()
                  .orElseThrow(
                      () -> Problem.notFound("There is no metering rule " + id).asException());
          return Reply.ok(json -> MeteringJson.rule(json, rule, isActive(catalog, rule)));
        });
  }

  private CompletionStage<Reply> list(Call call) {
    QueryParameters query = call.query();
    String metricKey = query.textOrNull("billable_metric_key", MetricRoutes.KEY);
    Boolean active = query.boolOrNull("active");
    PageRequest page = PageRequest.byTexts(query, KIND, 3);
    MeteringRule after = place(query, page.cursor());
    query.finish();
    return tenants
        .catalog(call.caller().tenant())
        .thenApply(catalog -> {
          Set<String> activeIds = activeIds(catalog);
          List<MeteringRule> found =
              all(catalog)
                  .filter(rule -> metricKey == null || rule.metricKey().equals(metricKey))
                  .filter(rule -> active == null || activeIds.contains(rule.id()) == active)
                  .filter(rule -> after == null || NEWEST_FIRST.compare(rule, after) > 0)
                  .sorted(NEWEST_FIRST)
                  .limit(page.limit() + 1L)
                  .toList();
          Page<MeteringRule> rules = Page.of(found, page.limit(), RuleRoutes::cursorAfter);
          return Reply.ok(json ->
              rules.writeMembers(
                  json,
                  (each, rule) -> MeteringJson.rule(each, rule, activeIds.contains(rule.id()))));
        });
  }

  private static Stream<MeteringRule> all(Catalog catalog) {
    return catalog.rules().values().stream().flatMap(Collection::stream);
  }

  private boolean isActive(Catalog catalog, MeteringRule rule) {
    return rule.equals(catalog.activeRule(rule.metricKey(), tenants.now()));
  }

  /** Of all metrics at one instant, each looked for once. */
  private Set<String> activeIds(Catalog catalog) {
    Instant now = tenants.now();
    var ids = new HashSet<String>();
    for (String metricKey : catalog.rules().keySet()) {
      MeteringRule rule = catalog.activeRule(metricKey, now);
      if (rule != null) {
        ids.add(rule.id());
      }
    }
    return ids;
  }

  private static Cursor cursorAfter(MeteringRule rule) {
    return Cursor.at(
        KIND,
        Long.toString(rule.createdAt().toEpochMilli()),
        rule.metricKey(),
        Integer.toString(rule.version()));
  }

  /** The place that a cursor names, as a rule that is compared but never shown. */
  private static @Nullable MeteringRule place(QueryParameters query, @Nullable Cursor cursor) {
    if (cursor == null) {
      return null;
    }
    Long createdAtMillis = cursor.number(0);
    Long version = cursor.number(2);
    if (createdAtMillis == null || version == null || version > Integer.MAX_VALUE) {
      query.reject("cursor", "is not a cursor of this list; start again without it");
      return null;
    }
    Instant createdAt = Instant.ofEpochMilli(createdAtMillis);
    return new MeteringRule(
        "",
        cursor.values().get(1),
        version.intValue(),
        null,
        TierScope.EVENT,
        List.of(),
        Rounding.UP,
        createdAt,
        createdAt);
  }
}
