package io.quotastack.http.door;

import io.quotastack.engine.ids.CustomerRef;
import io.quotastack.engine.ids.TenantRef;
import io.quotastack.http.input.JsonFields;
import io.quotastack.http.input.TextRule;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemType;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The customer that a body names, by exactly one of its names (semantics 1). Read the names before
 * the body is finished, and ask who it is afterwards.
 *
 * @param customerId the UUID as text; null = not given
 * @param externalId the tenant's own name; null = not given
 */
public record NamedCustomer(@Nullable String customerId, @Nullable String externalId) {
  private static final TextRule CUSTOMER_ID =
      TextRule.length(1, 255).matching(text -> Customers.uuid(text) != null, "must be a UUID");

  /** The names in that body. */
  public static NamedCustomer read(JsonFields body) {
    return new NamedCustomer(
        body.textOrNull("customer_id", CUSTOMER_ID),
        body.textOrNull("external_customer_id", Customers.EXTERNAL_ID));
  }

  /**
   * Who it is.
   *
   * @throws io.quotastack.http.problems.ProblemException if there is not exactly one name
   */
  public CustomerRef in(TenantRef tenant) {
    UUID uuid = customerId == null ? null : Customers.uuid(customerId);
    if (uuid != null && externalId == null) {
      return new CustomerRef(tenant, uuid);
    }
    if (externalId != null && uuid == null) {
      return CustomerRef.ofExternalId(tenant, externalId);
    }
    throw Problem.of(
            ProblemType.CUSTOMER_IDENTIFIER,
            externalId == null
                ? "Give customer_id or external_customer_id"
                : "Give either customer_id or external_customer_id, not both")
        .asException();
  }
}
