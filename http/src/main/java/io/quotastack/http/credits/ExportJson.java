package io.quotastack.http.credits;

import io.quotastack.engine.credits.ExportRecord;
import io.quotastack.engine.credits.ExportRecord.Entry;
import io.quotastack.engine.credits.ExportRecord.ExportEnd;
import io.quotastack.engine.credits.ExportRecord.LedgerEnd;
import io.quotastack.http.json.JsonWriter;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The records of an export in JSON: an entry is what the API shows, an end is wrapped in its name.
 */
final class ExportJson {
  private ExportJson() {}

  static byte[] write(ExportRecord record) {
    return JsonWriter.object(json -> {
      switch (record) {
        case Entry entry -> CreditsJson.entry(json, entry.customerId(), entry.entry());
        case LedgerEnd end ->
            json.object(ExportKind.LEDGER_END.wire(), members -> write(members, end));
        case ExportEnd end ->
            json.object(ExportKind.EXPORT_END.wire(), members -> write(members, end));
      }
    });
  }

  private static void write(JsonWriter json, LedgerEnd end) {
    json.text("customer_id", end.customerId().toString())
        .text("external_customer_id", end.externalId())
        .number("entries", end.entries())
        .number("first_sequence", end.firstSequence())
        .number("last_sequence", end.lastSequence())
        .text("head_hash", end.headHash())
        .text("previous_hash", end.previousHash())
        .text("hash", end.hash());
  }

  private static void write(JsonWriter json, ExportEnd end) {
    json.text("tenant_id", end.tenant().tenantId())
        .text("environment", end.tenant().environment().wire())
        .text("customer_id", text(end.customerId()))
        .instant("from", end.from())
        .instant("to", end.to())
        .number("customers", end.customers())
        .number("entries", end.entries())
        .text("previous_hash", end.previousHash())
        .text("hash", end.hash());
  }

  static @Nullable String text(@Nullable UUID id) {
    return id == null ? null : id.toString();
  }
}
