package io.quotastack.http.credits;

import io.quotastack.engine.credits.ExportRecord;
import io.quotastack.engine.credits.ExportRecord.ExportEnd;
import io.quotastack.engine.credits.ExportRecord.LedgerEnd;
import io.quotastack.engine.credits.LedgerEntry;
import io.quotastack.engine.credits.Reference;
import io.quotastack.engine.ids.OwnedId;
import io.quotastack.http.json.JsonWriter;
import io.quotastack.http.json.Timestamps;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The records of an export in CSV (RFC 4180). Values stand as they are: hashes are over them. */
final class ExportCsv {
  private static final String LINE_END = "\r\n";

  private final Map<ExportColumn, String> cells = new EnumMap<>(ExportColumn.class);

  private ExportCsv(ExportKind kind) {
    cells.put(ExportColumn.RECORD, kind.wire());
  }

  static byte[] header() {
    return utf8(String.join(",", ExportColumn.NAMES) + LINE_END);
  }

  static byte[] write(ExportRecord record) {
    return switch (record) {
      case ExportRecord.Entry(UUID customerId, LedgerEntry entry) -> row(customerId, entry);
      case LedgerEnd end -> row(end);
      case ExportEnd end -> row(end);
    };
  }

  private static byte[] row(UUID customerId, LedgerEntry entry) {
    Reference reference = entry.reference();
    return new ExportCsv(ExportKind.ENTRY)
        .with(ExportColumn.CUSTOMER_ID, customerId.toString())
        .with(ExportColumn.ID, OwnedId.Kind.LEDGER_ENTRY.text(customerId, entry.number()))
        .with(ExportColumn.SEQUENCE, entry.sequence())
        .with(ExportColumn.TYPE, entry.type().wire())
        .with(ExportColumn.DELTA, entry.delta())
        .with(ExportColumn.BALANCE_AFTER, entry.balanceAfter())
        .with(ExportColumn.RESERVED_AFTER, entry.reservedAfter())
        .with(ExportColumn.OVERAGE_AFTER, entry.overageAfter())
        .with(
            ExportColumn.ALLOCATIONS,
            JsonWriter.array(
                entry.allocations(),
                (json, each) -> CreditsJson.allocation(json, customerId, each)))
        .with(
            ExportColumn.REFERENCE,
            reference == null
                ? null
                : JsonWriter.object(json -> CreditsJson.reference(json, reference)))
        .with(ExportColumn.REASON, entry.reason())
        .with(
            ExportColumn.METADATA, JsonWriter.object(json -> entry.metadata().forEach(json::text)))
        .with(ExportColumn.CREATED_AT, entry.createdAt())
        .with(ExportColumn.PREVIOUS_HASH, entry.previousHash())
        .with(ExportColumn.HASH, entry.hash())
        .row();
  }

  private static byte[] row(LedgerEnd end) {
    return new ExportCsv(ExportKind.LEDGER_END)
        .with(ExportColumn.CUSTOMER_ID, end.customerId().toString())
        .with(ExportColumn.EXTERNAL_CUSTOMER_ID, end.externalId())
        .with(ExportColumn.ENTRIES, end.entries())
        .with(ExportColumn.FIRST_SEQUENCE, end.firstSequence())
        .with(ExportColumn.LAST_SEQUENCE, end.lastSequence())
        .with(ExportColumn.HEAD_HASH, end.headHash())
        .with(ExportColumn.PREVIOUS_HASH, end.previousHash())
        .with(ExportColumn.HASH, end.hash())
        .row();
  }

  private static byte[] row(ExportEnd end) {
    return new ExportCsv(ExportKind.EXPORT_END)
        .with(ExportColumn.TENANT_ID, end.tenant().tenantId())
        .with(ExportColumn.ENVIRONMENT, end.tenant().environment().wire())
        .with(ExportColumn.CUSTOMER_ID, ExportJson.text(end.customerId()))
        .with(ExportColumn.FROM, end.from())
        .with(ExportColumn.TO, end.to())
        .with(ExportColumn.CUSTOMERS, end.customers())
        .with(ExportColumn.ENTRIES, end.entries())
        .with(ExportColumn.PREVIOUS_HASH, end.previousHash())
        .with(ExportColumn.HASH, end.hash())
        .row();
  }

  private ExportCsv with(ExportColumn column, @Nullable String text) {
    if (text != null) {
      cells.put(column, text);
    }
    return this;
  }

  private ExportCsv with(ExportColumn column, long number) {
    return with(column, Long.toString(number));
  }

  private ExportCsv with(ExportColumn column, @Nullable Instant instant) {
    return with(column, instant == null ? null : Timestamps.format(instant));
  }

  private ExportCsv with(ExportColumn column, byte @Nullable [] json) {
    return with(column, json == null ? null : new String(json, StandardCharsets.UTF_8));
  }

  private byte[] row() {
    var row = new StringBuilder();
    String separator = "";
    for (ExportColumn column : ExportColumn.ALL) {
      row.append(separator);
      String text = cells.get(column);
      if (text != null) {
        append(row, text);
      }
      separator = ",";
    }
    return utf8(row.append(LINE_END).toString());
  }

  private static void append(StringBuilder row, String text) {
    boolean quoted = text.isEmpty();
    for (int i = 0; i < text.length() && !quoted; i++) {
      char c = text.charAt(i);
      quoted = c == '"' || c == ',' || c == '\r' || c == '\n';
    }
    if (quoted) {
      row.append('"').append(text.replace("\"", "\"\"")).append('"');
    } else {
      row.append(text);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
