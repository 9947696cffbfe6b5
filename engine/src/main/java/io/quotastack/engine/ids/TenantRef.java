package io.quotastack.engine.ids;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.github.f4b6a3.uuid.UuidCreator;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * One environment of one tenant: the owner of a catalog, of API keys and of customers (semantics
 * 1).
 *
 * @param tenantId {@code ten_} and 26 characters of base 32
 * @param environment live or test
 */
public record TenantRef(String tenantId, Environment environment) {
  private static final String PREFIX = "ten_";
  private static final int SUFFIX_LENGTH = 26;

  /** Asserts the form of the tenant's id, on which routing keys are built. */
  public TenantRef {
    if (!isTenantId(tenantId)) {
      throw new IllegalArgumentException("not a tenant id: " + tenantId);
    }
  }

  /** Whether this text has the form of a tenant's id. */
  public static boolean isTenantId(String text) {
    if (!text.startsWith(PREFIX) || text.length() != PREFIX.length() + SUFFIX_LENGTH) {
      return false;
    }
    return Base32.decode(text.substring(PREFIX.length())) != null;
  }

  /** A new tenant id: a version 7 UUID as text, so that ids sort by the time they were made. */
  public static String newTenantId() {
    UUID uuid = UuidCreator.getTimeOrderedEpoch();
    return PREFIX
        + Base32.encode(
            ByteBuffer.allocate(16)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array());
  }

  /** The key under which the tenant's actor is sharded. */
  @JsonIgnore
  public String entityId() {
    return tenantId + "|" + environment.wire();
  }

  /** The inverse of {@link #entityId()}. */
  public static TenantRef ofEntityId(String entityId) {
    int bar = entityId.indexOf('|');
    return new TenantRef(entityId.substring(0, bar), Environment.of(entityId.substring(bar + 1)));
  }

  /** The name of the tenant's journal. */
  @JsonIgnore
  public String persistenceId() {
    return "tenant|" + entityId();
  }
}
