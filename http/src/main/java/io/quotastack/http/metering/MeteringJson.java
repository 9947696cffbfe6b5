package io.quotastack.http.metering;

import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.metering.Price;
import io.quotastack.engine.metering.Tier;
import io.quotastack.http.json.JsonWriter;
import java.math.BigDecimal;
import java.util.List;
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
    price(json, rule.price());
    json.text("tier_scope", rule.tierScope().name().toLowerCase(Locale.ROOT))
        .objects(
            "dimensions",
            rule.dimensions(),
            (each, dimension) -> price(each.texts("match", dimension.match()), dimension.price()))
        .text("rounding", rule.rounding().name().toLowerCase(Locale.ROOT))
        .bool("active", active)
        .instant("effective_at", rule.effectiveAt())
        .instant("created_at", rule.createdAt());
  }

  /** Writes the cost type and all members that any cost type has, null where it is not this one. */
  private static void price(JsonWriter json, @Nullable Price price) {
    String costType = null;
    BigDecimal flatCost = null;
    BigDecimal unitCost = null;
    BigDecimal packageSize = null;
    BigDecimal packageCost = null;
    List<Tier> tiers = null;
    switch (price) {
      case null -> {}
      case Price.Flat flat -> {
        costType = "flat";
        flatCost = flat.flatCost();
      }
      case Price.PerUnit perUnit -> {
        costType = "per_unit";
        unitCost = perUnit.unitCost();
      }
      case Price.PerPackage perPackage -> {
        costType = "package";
        packageSize = perPackage.packageSize();
        packageCost = perPackage.packageCost();
      }
      case Price.Tiered tiered -> {
        costType = "tiered";
        tiers = tiered.tiers();
      }
      case Price.Graduated graduated -> {
        costType = "graduated";
        tiers = graduated.tiers();
      }
    }
    json.text("cost_type", costType)
        .decimal("flat_cost", flatCost)
        .decimal("unit_cost", unitCost)
        .decimal("package_size", packageSize)
        .decimal("package_cost", packageCost);
    if (tiers == null) {
      json.nothing("tiers");
    } else {
      json.objects(
          "tiers",
          tiers,
          (each, tier) ->
              each.decimal("up_to", tier.upTo())
                  .decimal("unit_cost", tier.unitCost())
                  .decimal("flat_cost", tier.flatCost()));
    }
  }
}
