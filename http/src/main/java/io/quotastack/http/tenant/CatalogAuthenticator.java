package io.quotastack.http.tenant;

import io.quotastack.engine.Engine;
import io.quotastack.engine.tenant.ApiKeyHash;
import io.quotastack.engine.tenant.Catalog;
import io.quotastack.http.authentication.ApiKey;
import io.quotastack.http.authentication.Authenticator;
import io.quotastack.http.authentication.Caller;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Checks API keys against the catalog of the tenant that they name: this node's copy, which holds
 * every change that was acknowledged.
 */
public final class CatalogAuthenticator implements Authenticator {
  private final Engine engine;

  /** Checks keys of the tenants of that engine. */
  public CatalogAuthenticator(Engine engine) {
    this.engine = engine;
  }

  @Override
  public CompletionStage<Optional<Caller>> authenticate(ApiKey key) {
    return engine.catalog(key.tenant()).thenApply(catalog -> caller(catalog, key));
  }

  private static Optional<Caller> caller(Catalog catalog, ApiKey key) {
    String hash = key.hash();
    boolean known = false;
    for (ApiKeyHash good : catalog.apiKeys()) {
      known |= ApiKey.sameHash(good.sha256(), hash);
    }
    return known ? Optional.of(new Caller(key.tenant())) : Optional.empty();
  }
}
