package io.quotastack.http.topups;

import io.quotastack.engine.topups.TopupPackage;
import io.quotastack.http.json.JsonWriter;

/** Topup packages in JSON. */
final class PackageJson {
  private PackageJson() {}

  /** Writes the members of a package. */
  static void write(JsonWriter json, TopupPackage topupPackage) {
    json.text("key", topupPackage.key())
        .text("name", topupPackage.name())
        .number("credits", topupPackage.creditsMc())
        .number("bonus_credits", topupPackage.bonusCreditsMc())
        .decimal("price", topupPackage.price())
        .text("currency", topupPackage.currency())
        .numberOrNull("expires_after_seconds", topupPackage.expiresAfterSeconds())
        .number("priority", topupPackage.priority())
        .bool("archived", topupPackage.archived())
        .instant("created_at", topupPackage.createdAt())
        .instant("updated_at", topupPackage.updatedAt());
  }
}
