package io.quotastack.http.metering;

import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.metering.Price;
import io.quotastack.http.json.JsonWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Billable metrics and metering rules in JSON. */
public final class MeteringJson {
  private MeteringJson() {}

  /** Writes the members of a metric with the rule that prices it, if any. */
  public static void metric(JsonWriter json, Metric metric, @Nullable MeteringRule activeRule) {
    json.text("key", metric.key())
        .text("name", metric.name())
        .text("description", metric.description())
        .text("feature_key", metric.featureKey())
        .bool("archived", metric.archived())
        .instant("created_at", metric.createdAt())
        .instant("updated_at", metric.updatedAt())
        .objectOrNull("active_rule", activeRule, (each, rule) -> rule(each, rule, true));
  }

  /** Writes the members of a rule. */
  public static void rule(JsonWriter json, MeteringRule rule, boolean active) {
    json.text("id", rule.id())
        .text("billable_metric_key", rule.metricKey())
        .number("version", rule.version());
    switch (rule.price()) {
      case Price.Flat flat ->
          json.text("cost_type", "flat").decimal("flat_cost", flat.flatCost()).nothing("unit_cost");
      case Price.PerUnit perUnit ->
          json.text("cost_type", "per_unit")
              .nothing("flat_cost")
              .decimal("unit_cost", perUnit.unitCost());
    }
    json.text("rounding", rule.rounding().name().toLowerCase(Locale.ROOT))
        .bool("active", active)
        .instant("effective_at", rule.effectiveAt())
        .instant("created_at", rule.createdAt());
  }
}
