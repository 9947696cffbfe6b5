package io.quotastack.engine.ids;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.github.f4b6a3.uuid.UuidCreator;
import java.util.UUID;

/**
 * One customer of one tenant in one environment: whose actor, whose journal (semantics 1).
 *
 * @param tenant the owner
 * @param customerId the UUID by which the customer is routed
 */
public record CustomerRef(TenantRef tenant, UUID customerId) {
  /** The root of all name-based customer ids; changing it would rename every customer. */
  private static final UUID NAMESPACE = UUID.fromString("6f1dbd6e-7a0f-5c55-9f3b-2f5b4c9a1e70");

  /**
   * The customer of that external id: the version 5 UUID (RFC 9562) of the external id inside a
   * namespace that is itself the version 5 UUID of the tenant and environment. No look-up is
   * needed, on any node.
   */
  public static CustomerRef ofExternalId(TenantRef tenant, String externalId) {
    UUID namespace = UuidCreator.getNameBasedSha1(NAMESPACE, tenant.entityId());
    return new CustomerRef(tenant, UuidCreator.getNameBasedSha1(namespace, externalId));
  }

  /** A fresh version 7 UUID, for a customer that has no external id. */
  public static UUID newCustomerId() {
    return UuidCreator.getTimeOrderedEpoch();
  }

  /** The key under which the customer's actor is sharded. */
  @JsonIgnore
  public String entityId() {
    return tenant.entityId() + "|" + customerId;
  }

  /** The inverse of {@link #entityId()}. */
  public static CustomerRef ofEntityId(String entityId) {
    int bar = entityId.lastIndexOf('|');
    return new CustomerRef(
        TenantRef.ofEntityId(entityId.substring(0, bar)),
        UUID.fromString(entityId.substring(bar + 1)));
  }

  /** The name of the customer's journal. */
  @JsonIgnore
  public String persistenceId() {
    return "customer|" + entityId();
  }
}
