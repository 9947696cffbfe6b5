package io.quotastack.engine.tenant;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.metering.Pricing;
import io.quotastack.engine.topups.TopupPackage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a request needs to know of its tenant's environment: immutable, so that every node can hold
 * a copy.
 *
 * @param exists false = there is no such tenant
 * @param version the sequence number of the tenant's last journal event
 * @param config its settings
 * @param configVersion the sequence number of the journal event that made them what they are
 * @param apiKeys the keys that are good
 * @param metrics by key
 * @param rules all versions by metric key, oldest first
 * @param packages topup packages by key, archived ones too
 */
public record Catalog(
    boolean exists,
    long version,
    TenantConfig config,
    long configVersion,
    List<ApiKeyHash> apiKeys,
    Map<String, Metric> metrics,
    Map<String, List<MeteringRule>> rules,
    Map<String, TopupPackage> packages) {
  /** Of a tenant that does not exist. */
  public static final Catalog NONE =
      new Catalog(false, 0, TenantConfig.DEFAULT, 0, List.of(), Map.of(), Map.of(), Map.of());

  /** The order in which rules of one metric take each other's place. */
  private static final Comparator<MeteringRule> BY_EFFECT =
      Comparator.comparing(MeteringRule::effectiveAt).thenComparingInt(MeteringRule::version);

  /** The metric of that key, or null. */
  public @Nullable Metric metric(String key) {
    return metrics.get(key);
  }

  /** The topup package of that key, be it archived or not, or null. */
  public @Nullable TopupPackage topupPackage(String key) {
    return packages.get(key);
  }

  /**
   * The rule that prices that metric at that instant: of those in effect the one that took effect
   * last, and of these the newest. Null if there is none or the metric is archived.
   */
  @JsonIgnore
  public @Nullable MeteringRule activeRule(String metricKey, Instant now) {
    MeteringRule active = null;
    for (MeteringRule rule : usableRules(metricKey)) {
      if (rule.isInEffectAt(now) && (active == null || BY_EFFECT.compare(rule, active) > 0)) {
        active = rule;
      }
    }
    return active;
  }

  /**
   * The rules that may price that metric now, whatever the customer's own clock shows: {@link
   * Pricing#at} of any instant that is at most {@link Pricing#MAX_CLOCK_DISTANCE} away is the rule
   * that is active then. {@link Pricing#NONE} if there is none or the metric is archived.
   */
  @JsonIgnore
  public Pricing pricing(String metricKey, Instant now) {
    MeteringRule first = activeRule(metricKey, now.minus(Pricing.MAX_CLOCK_DISTANCE));
    Instant latest = now.plus(Pricing.MAX_CLOCK_DISTANCE);
    var found = new ArrayList<MeteringRule>(1);
    for (MeteringRule rule : usableRules(metricKey)) {
      if (rule.isInEffectAt(latest) && (first == null || BY_EFFECT.compare(rule, first) >= 0)) {
        found.add(rule);
      }
    }
    found.sort(BY_EFFECT);
    return found.isEmpty() ? Pricing.NONE : new Pricing(found);
  }

  private List<MeteringRule> usableRules(String metricKey) {
    Metric metric = metrics.get(metricKey);
    return metric == null || metric.archived()
        ? List.of()
        : rules.getOrDefault(metricKey, List.of());
  }

  /** With that metric, new or changed. */
  Catalog with(Metric metric) {
    var next = new TreeMap<>(metrics);
    next.put(metric.key(), metric);
    return new Catalog(exists, version, config, configVersion, apiKeys, next, rules, packages);
  }

  /** With one rule more. */
  Catalog with(MeteringRule rule) {
    var next = new TreeMap<>(rules);
    next.merge(
        rule.metricKey(),
        List.of(rule),
        (old, one) -> Stream.concat(old.stream(), one.stream()).toList());
    return new Catalog(exists, version, config, configVersion, apiKeys, metrics, next, packages);
  }

  /** With that package, new or changed. */
  Catalog with(TopupPackage topupPackage) {
    var next = new TreeMap<>(packages);
    next.put(topupPackage.key(), topupPackage);
    return new Catalog(exists, version, config, configVersion, apiKeys, metrics, rules, next);
  }

  /** With the settings that the journal event of that number brought. */
  Catalog with(TenantConfig newConfig, long newConfigVersion) {
    return new Catalog(
        exists, version, newConfig, newConfigVersion, apiKeys, metrics, rules, packages);
  }

  /** With one key more, of a tenant that now exists. */
  Catalog with(ApiKeyHash key) {
    var next = new ArrayList<>(apiKeys);
    next.add(key);
    return new Catalog(
        true, version, config, configVersion, List.copyOf(next), metrics, rules, packages);
  }

  /** As of that journal event. */
  Catalog at(long newVersion) {
    return new Catalog(
        exists, newVersion, config, configVersion, apiKeys, metrics, rules, packages);
  }
}
