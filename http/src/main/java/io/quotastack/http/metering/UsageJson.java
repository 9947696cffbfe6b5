package io.quotastack.http.metering;

import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.customer.CustomerEvent;
import io.quotastack.engine.customer.CustomerEvent.UsageRecorded;
import io.quotastack.engine.customer.CustomerEvent.UsageReversed;
import io.quotastack.engine.customer.UsageHistory;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.http.credits.CreditsJson;
import io.quotastack.http.json.JsonWriter;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Recorded usage in JSON. */
public final class UsageJson {
  private UsageJson() {}

  /** Writes the members of a usage event and of the balance after it. */
  public static void recorded(
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
    json.number("overage", used.overageMc());
    CreditsJson.balances(json, CreditsJson.balancesAfter(entry).owing(used.overageMc()));
    json.text("ledger_entry_id", OwnedId.Kind.LEDGER_ENTRY.text(customerId, entry.number()))
        .number("ledger_sequence", entry.sequence())
        .instant("timestamp", used.timestamp())
        .instant("created_at", used.at());
  }

  /** Writes the members of a usage event, or of a capture that was one, in a list. */
  static void listed(JsonWriter json, UUID customerId, CustomerEvent.Used used) {
    LedgerEntry entry = used.entry();
    json.text("usage_event_id", OwnedId.Kind.USAGE_EVENT.text(customerId, entry.number()))
        .text("billable_metric_key", used.metricKey())
        .decimal("units", used.units())
        .number("cost", used.costMc())
        .number("overage", used.overageMc())
        .numberOrNull("rule_version", used.pricedBy())
        .text(
            "reservation_id",
            used instanceof CustomerEvent.ReservationCaptured captured
                ? OwnedId.Kind.RESERVATION.text(customerId, captured.reservation().terms().number())
                : null);
    CreditsJson.allocations(json, customerId, entry.allocations());
    json.texts("properties", used.usedProperties())
        .texts("metadata", entry.metadata())
        .text("ledger_entry_id", OwnedId.Kind.LEDGER_ENTRY.text(customerId, entry.number()))
        .number("ledger_sequence", entry.sequence())
        .instant("timestamp", used.usedAt())
        .instant("created_at", used.at());
  }

  /** Writes the members of a stretch of time in a summary. */
  static void bucket(JsonWriter json, UsageHistory.Bucket bucket) {
    json.instant("start", bucket.start())
        .instant("end", bucket.end())
        .text("billable_metric_key", bucket.metricKey())
        .number("events", bucket.events())
        .decimal("units", bucket.units())
        .number("cost", bucket.costMc())
        .number("overage", bucket.overageMc())
        .number("reversed", bucket.reversedMc());
  }

  /** Writes the members of the ledger entry that a reversal is, and what became of the credits. */
  public static void reversed(JsonWriter json, UUID customerId, UsageReversed back) {
    CreditsJson.entry(json, customerId, back.entry());
    json.text("usage_event_id", OwnedId.Kind.USAGE_EVENT.text(customerId, back.usage()))
        .number("amount", back.amountMc())
        .number("reversed", back.reversedMc())
        .number("overage_reduced", back.overageMc())
        .number("expired", back.expiredMc())
        .number("voided", back.voidedMc());
    CreditsJson.balances(
        json, CreditsJson.balancesAfter(back.entry()).losing(back.expiredMc() + back.voidedMc()));
  }
}
