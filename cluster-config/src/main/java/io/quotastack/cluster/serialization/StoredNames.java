package io.quotastack.cluster.serialization;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerSnapshot;
import io.quotastack.engine.serialization.Stored;
import io.quotastack.engine.tenant.TenantEvent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The names under which types are stored, as the types themselves declare them with {@link
 * JsonSubTypes}.
 */
final class StoredNames {
  private static final List<Class<? extends Stored>> FAMILIES =
      List.of(CustomerEvent.class, CustomerSnapshot.class, TenantEvent.class);

  /** Every stored type by its name. */
  static final Map<String, Class<?>> ALL = of(FAMILIES);

  private StoredNames() {}

  private static Map<String, Class<?>> of(List<Class<? extends Stored>> families) {
    var types = new HashMap<String, Class<?>>();
    for (Class<?> family : families) {
      JsonSubTypes declared = family.getAnnotation(JsonSubTypes.class);
      if (declared == null) {
        throw new IllegalStateException(family.getName() + " declares no stored names");
      }
      for (JsonSubTypes.Type type : declared.value()) {
        if (types.put(type.name(), type.value()) != null) {
          throw new IllegalStateException("two types are stored as " + type.name());
        }
      }
    }
    return Map.copyOf(types);
  }
}
