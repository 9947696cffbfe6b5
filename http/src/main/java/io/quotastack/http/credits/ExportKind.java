package io.quotastack.http.credits;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The kinds of records in an export, and which members each has. */
enum ExportKind {
  ENTRY,
  LEDGER_END,
  EXPORT_END;

  private static final List<ExportColumn> OF_ENTRY =
      List.of(
          ExportColumn.ID,
          ExportColumn.CUSTOMER_ID,
          ExportColumn.SEQUENCE,
          ExportColumn.TYPE,
          ExportColumn.DELTA,
          ExportColumn.BALANCE_AFTER,
          ExportColumn.RESERVED_AFTER,
          ExportColumn.OVERAGE_AFTER,
          ExportColumn.ALLOCATIONS,
          ExportColumn.REFERENCE,
          ExportColumn.REASON,
          ExportColumn.METADATA,
          ExportColumn.CREATED_AT,
          ExportColumn.PREVIOUS_HASH,
          ExportColumn.HASH);
  private static final List<ExportColumn> OF_LEDGER_END =
      List.of(
          ExportColumn.CUSTOMER_ID,
          ExportColumn.EXTERNAL_CUSTOMER_ID,
          ExportColumn.ENTRIES,
          ExportColumn.FIRST_SEQUENCE,
          ExportColumn.LAST_SEQUENCE,
          ExportColumn.HEAD_HASH,
          ExportColumn.PREVIOUS_HASH,
          ExportColumn.HASH);
  private static final List<ExportColumn> OF_EXPORT_END =
      List.of(
          ExportColumn.TENANT_ID,
          ExportColumn.ENVIRONMENT,
          ExportColumn.CUSTOMER_ID,
          ExportColumn.FROM,
          ExportColumn.TO,
          ExportColumn.CUSTOMERS,
          ExportColumn.ENTRIES,
          ExportColumn.PREVIOUS_HASH,
          ExportColumn.HASH);

  /** The name: in the column {@code record}, and around the members of an end in JSON. */
  String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The kind of that name, or null if there is none. */
  static @Nullable ExportKind of(String wire) {
    for (ExportKind kind : values()) {
      if (kind.wire().equals(wire)) {
        return kind;
      }
    }
    return null;
  }

  /** The members that it has in JSON; in CSV, the columns in which its rows have a value. */
  List<ExportColumn> members() {
    return switch (this) {
      case ENTRY -> OF_ENTRY;
      case LEDGER_END -> OF_LEDGER_END;
      case EXPORT_END -> OF_EXPORT_END;
    };
  }
}
