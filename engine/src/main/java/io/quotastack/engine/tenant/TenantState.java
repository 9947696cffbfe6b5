package io.quotastack.engine.tenant;

import io.quotastack.engine.idempotency.IdempotencyWindow;
import io.quotastack.engine.idempotency.RequestKey;
import java.time.Instant;

/**
 * All that the actor knows of its tenant's environment. Immutable; {@link #apply} is the only way
 * to a next state.
 *
 * @param catalog what nodes copy
 * @param lastAt the time of the last event
 * @param window the idempotency keys that are remembered
 */
public record TenantState(Catalog catalog, Instant lastAt, IdempotencyWindow window) {
  /** Before the first event. */
  public static final TenantState NONE =
      new TenantState(Catalog.NONE, Instant.EPOCH, IdempotencyWindow.empty());

  /** The tenant's clock: the wall clock, but never before the last event. */
  public Instant now(Instant wall) {
    return wall.isAfter(lastAt) ? wall : lastAt;
  }

  /** The state after that event. */
  public TenantState apply(TenantEvent event) {
    long sequence = catalog.version() + 1;
    Catalog next =
        switch (event) {
          case TenantEvent.TenantCreated created ->
              catalog.with(created.apiKey()).with(catalog.config(), sequence);
          case TenantEvent.ConfigChanged changed -> catalog.with(changed.config(), sequence);
          case TenantEvent.MetricCreated created -> catalog.with(created.metric());
          case TenantEvent.MetricUpdated updated -> catalog.with(updated.metric());
          case TenantEvent.RuleCreated created -> catalog.with(created.rule());
          case TenantEvent.PackageCreated created -> catalog.with(created.topupPackage());
          case TenantEvent.PackageUpdated updated -> catalog.with(updated.topupPackage());
          case TenantEvent.CustomerNamed ignored -> catalog;
        };
    RequestKey request = event.request();
    return new TenantState(
        next.at(sequence),
        event.at(),
        request == null ? window : window.remember(request, sequence, event.at()));
  }
}
