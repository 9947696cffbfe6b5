package io.quotastack.http.metering;

import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.customer.CustomerEvent.UsageRecorded;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.http.credits.CreditsJson;
import io.quotastack.http.json.JsonWriter;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Recorded usage in JSON. */
public final class UsageJson {
  private UsageJson() {}

  /** Writes the members of a usage event and of the balance after it. */
  public static void write(
      JsonWriter json, UUID customerId, @Nullable String externalId, UsageRecorded used) {
    LedgerEntry entry = used.entry();
    json.text("usage_event_id", OwnedId.Kind.USAGE_EVENT.text(customerId, entry.number()))
        .text("customer_id", customerId.toString())
        .text("external_customer_id", externalId)
        .text("billable_metric_key", used.metricKey())
        .decimal("units", used.units())
        .number("cost", used.costMc())
        .number("rule_version", used.ruleVersion());
    CreditsJson.allocations(json, customerId, entry.allocations());
    json.number("overage", used.costMc() + entry.delta());
    CreditsJson.balances(json, CreditsJson.balancesAfter(entry));
    json.text("ledger_entry_id", OwnedId.Kind.LEDGER_ENTRY.text(customerId, entry.number()))
        .number("ledger_sequence", entry.sequence())
        .instant("timestamp", used.timestamp())
        .instant("created_at", used.at());
  }
}
