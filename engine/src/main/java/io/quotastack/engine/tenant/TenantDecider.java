package io.quotastack.engine.tenant;

import io.quotastack.engine.changes.NewValue;
import io.quotastack.engine.credits.AmountOutOfRangeException;
import io.quotastack.engine.credits.Amounts;
import io.quotastack.engine.idempotency.Remembered;
import io.quotastack.engine.ids.Base32;
import io.quotastack.engine.metering.MeteringRule;
import io.quotastack.engine.metering.Metric;
import io.quotastack.engine.tenant.TenantCommand.ChangeConfig;
import io.quotastack.engine.tenant.TenantCommand.CreateMetric;
import io.quotastack.engine.tenant.TenantCommand.CreatePackage;
import io.quotastack.engine.tenant.TenantCommand.CreateRule;
import io.quotastack.engine.tenant.TenantCommand.CreateTenant;
import io.quotastack.engine.tenant.TenantCommand.Keyed;
import io.quotastack.engine.tenant.TenantCommand.NameCustomer;
import io.quotastack.engine.tenant.TenantCommand.UpdateMetric;
import io.quotastack.engine.tenant.TenantCommand.UpdatePackage;
import io.quotastack.engine.tenant.TenantReply.Reason;
import io.quotastack.engine.topups.TopupPackage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All rules of what a tenant may change: a pure function. */
public final class TenantDecider {
  /** The most metrics of one environment: every node holds them all in memory. */
  public static final int MAX_METRICS = 1_000;

  /** The most versions of the rule of one metric. */
  public static final int MAX_RULE_VERSIONS = 1_000;

  /** The most topup packages of one environment, archived ones included. */
  public static final int MAX_PACKAGES = 1_000;

  private TenantDecider() {}

  /** What a command leads to: an event to be stored, or an answer that needs none. */
  public sealed interface Decision {
    /** Store this. */
    record Store(TenantEvent event) implements Decision {}

    /** Answer this. */
    record Answer(TenantReply reply) implements Decision {}
  }

  /** Judges a command at that time of the wall clock. */
  public static Decision decide(TenantState state, TenantCommand command, Instant wall) {
    Instant now = state.now(wall.truncatedTo(ChronoUnit.MILLIS));
    Catalog catalog = state.catalog();
    if (command instanceof CreateTenant create) {
      return create(catalog, create, now);
    }
    if (!(command instanceof Keyed keyed)) {
      throw new IllegalStateException("neither keyed nor the operator's: " + command);
    }
    Remembered remembered = state.window().find(keyed.request().key(), now);
    if (remembered != null) {
      return remembered.fingerprint() == keyed.request().fingerprint()
          ? new Decision.Answer(new TenantReply.Replayed(remembered.sequence()))
          : refused(Reason.KEY_REUSED, "", "the key stands for another request");
    }
    if (!catalog.exists()) {
      return refused(Reason.NOT_FOUND, "", "there is no such tenant");
    }
    return switch (keyed) {
      case ChangeConfig change -> changeConfig(catalog.config(), change, now);
      case CreateMetric create -> createMetric(catalog, create, now);
      case UpdateMetric update -> updateMetric(catalog, update, now);
      case CreateRule create -> createRule(catalog, create, now);
      case CreatePackage create -> createPackage(catalog, create, now);
      case UpdatePackage update -> updatePackage(catalog, update, now);
      case NameCustomer name ->
          new Decision.Store(new TenantEvent.CustomerNamed(now, name.request(), name.proposed()));
    };
  }

  private static Decision create(Catalog catalog, CreateTenant command, Instant now) {
    if (!catalog.exists()) {
      return new Decision.Store(
          new TenantEvent.TenantCreated(
              now, command.name(), new ApiKeyHash("first key", command.keySha256(), now)));
    }
    boolean known =
        catalog.apiKeys().stream().anyMatch(key -> key.sha256().equals(command.keySha256()));
    return known
        ? new Decision.Answer(new TenantReply.Replayed(1))
        : refused(Reason.ALREADY_EXISTS, "", "the tenant exists, with other keys");
  }

  private static Decision changeConfig(TenantConfig old, ChangeConfig command, Instant now) {
    return new Decision.Store(
        new TenantEvent.ConfigChanged(
            now,
            command.request(),
            new TenantConfig(
                kept(command.burnOrder(), old.burnOrder()),
                kept(command.overagePolicy(), old.overagePolicy()),
                kept(command.overageSettlement(), old.overageSettlement()),
                NewValue.applied(command.maxOverageMc(), old.maxOverageMc()),
                kept(command.reservationDefaultTtlSeconds(), old.reservationDefaultTtlSeconds()),
                kept(command.timeZone(), old.timeZone()))));
  }

  /** The new value of a field that can't be cleared, or the old if there is no new one. */
  private static <T> T kept(@Nullable T change, T old) {
    return change == null ? old : change;
  }

  private static Decision createMetric(Catalog catalog, CreateMetric command, Instant now) {
    if (catalog.metric(command.key()) != null) {
      return refused(
          Reason.ALREADY_EXISTS, "/key", "there is a metric '" + command.key() + "' already");
    }
    if (catalog.metrics().size() >= MAX_METRICS) {
      return refused(
          Reason.INVALID, "/key", "an environment has at most " + MAX_METRICS + " metrics");
    }
    return new Decision.Store(
        new TenantEvent.MetricCreated(
            now,
            command.request(),
            new Metric(
                command.key(),
                command.name(),
                command.description(),
                command.featureKey(),
                false,
                now,
                now)));
  }

  private static Decision updateMetric(Catalog catalog, UpdateMetric command, Instant now) {
    Metric old = catalog.metric(command.key());
    if (old == null) {
      return refused(Reason.NOT_FOUND, "", "there is no metric '" + command.key() + "'");
    }
    var updated =
        new Metric(
            old.key(),
            kept(command.name(), old.name()),
            NewValue.applied(command.description(), old.description()),
            NewValue.applied(command.featureKey(), old.featureKey()),
            kept(command.archived(), old.archived()),
            old.createdAt(),
            now);
    return new Decision.Store(
        new TenantEvent.MetricUpdated(
            now, command.request(), updated, catalog.with(updated).activeRule(updated.key(), now)));
  }

  private static Decision createRule(Catalog catalog, CreateRule command, Instant now) {
    Metric metric = catalog.metric(command.metricKey());
    if (metric == null) {
      return refused(
          Reason.INVALID,
          "/billable_metric_key",
          "there is no metric '" + command.metricKey() + "'");
    }
    if (metric.archived()) {
      return refused(
          Reason.INVALID,
          "/billable_metric_key",
          "the metric '" + metric.key() + "' is archived: bring it back before you price it");
    }
    Instant effectiveAt = command.effectiveAt() == null ? now : command.effectiveAt();
    if (effectiveAt.isBefore(now)) {
      return refused(
          Reason.INVALID, "/effective_at", "must not be in the past: usage is priced already");
    }
    int version = catalog.rules().getOrDefault(metric.key(), List.of()).size() + 1;
    if (version > MAX_RULE_VERSIONS) {
      return refused(
          Reason.INVALID,
          "/billable_metric_key",
          "a metric has at most " + MAX_RULE_VERSIONS + " versions of its rule");
    }
    return new Decision.Store(
        new TenantEvent.RuleCreated(
            now,
            command.request(),
            new MeteringRule(
                ruleId(metric.key(), version),
                metric.key(),
                version,
                command.price(),
                command.tierScope(),
                command.dimensions(),
                command.rounding(),
                effectiveAt,
                now)));
  }

  /**
   * A rule's id is its metric and version as one opaque text, so that it is found without a map.
   */
  private static String ruleId(String metricKey, int version) {
    return "rul_" + Base32.encode((metricKey + "." + version).getBytes(StandardCharsets.US_ASCII));
  }

  private static Decision createPackage(Catalog catalog, CreatePackage command, Instant now) {
    if (catalog.topupPackage(command.key()) != null) {
      return refused(
          Reason.ALREADY_EXISTS, "/key", "there is a package '" + command.key() + "' already");
    }
    if (catalog.packages().size() >= MAX_PACKAGES) {
      return refused(
          Reason.INVALID, "/key", "an environment has at most " + MAX_PACKAGES + " packages");
    }
    var created =
        new TopupPackage(
            command.key(),
            command.name(),
            command.creditsMc(),
            command.bonusCreditsMc(),
            command.price(),
            command.currency(),
            command.expiresAfterSeconds(),
            command.priority(),
            false,
            now,
            now);
    Decision refusal = fault(created);
    return refusal != null
        ? refusal
        : new Decision.Store(new TenantEvent.PackageCreated(now, command.request(), created));
  }

  private static Decision updatePackage(Catalog catalog, UpdatePackage command, Instant now) {
    TopupPackage old = catalog.topupPackage(command.key());
    if (old == null) {
      return refused(Reason.NOT_FOUND, "", "there is no package '" + command.key() + "'");
    }
    var updated =
        new TopupPackage(
            old.key(),
            kept(command.name(), old.name()),
            kept(command.creditsMc(), old.creditsMc()),
            kept(command.bonusCreditsMc(), old.bonusCreditsMc()),
            NewValue.applied(command.price(), old.price()),
            NewValue.applied(command.currency(), old.currency()),
            NewValue.applied(command.expiresAfterSeconds(), old.expiresAfterSeconds()),
            kept(command.priority(), old.priority()),
            kept(command.archived(), old.archived()),
            old.createdAt(),
            now);
    Decision refusal = fault(updated);
    return refusal != null
        ? refusal
        : new Decision.Store(new TenantEvent.PackageUpdated(now, command.request(), updated));
  }

  /** What speaks against a package as a whole; null = nothing does. */
  private static @Nullable Decision fault(TopupPackage topupPackage) {
    if ((topupPackage.price() == null) != (topupPackage.currency() == null)) {
      return refused(
          Reason.INVALID,
          topupPackage.price() == null ? "/price" : "/currency",
          "price and currency come together or not at all");
    }
    try {
      Amounts.add(topupPackage.creditsMc(), topupPackage.bonusCreditsMc());
      return null;
    } catch (AmountOutOfRangeException _) {
      return refused(
          Reason.OUT_OF_RANGE,
          "/credits",
          "credits and bonus_credits together must be at most " + Amounts.MAX_MC + " mc");
    }
  }

  private static Decision refused(Reason reason, String pointer, String detail) {
    return new Decision.Answer(new TenantReply.Refused(reason, pointer, detail));
  }
}
