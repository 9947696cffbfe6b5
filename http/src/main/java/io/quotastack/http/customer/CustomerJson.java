package io.quotastack.http.customer;

import io.quotastack.engine.customer.Profile;
import io.quotastack.http.credits.CreditsJson;
import io.quotastack.http.json.JsonWriter;
import java.util.UUID;

/** A customer in JSON. */
public final class CustomerJson {
  private CustomerJson() {}

  /** Writes the members of a customer. */
  public static void write(JsonWriter json, UUID customerId, Profile profile, long version) {
    json.text("customer_id", customerId.toString())
        .text("external_customer_id", profile.externalId())
        .text("display_name", profile.displayName())
        .text("email", profile.email())
        .text("time_zone", profile.timeZone())
        .text(
            "overage_policy",
            profile.overagePolicy() == null ? null : CreditsJson.name(profile.overagePolicy()))
        .numberOrNull("max_overage", profile.maxOverageMc())
        .texts("metadata", profile.metadata())
        .instant("created_at", profile.createdAt())
        .instant("updated_at", profile.updatedAt())
        .number("version", version);
  }
}
