package io.quotastack.http.credits;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The columns of an export in CSV, in their order; their names are those of the JSON members. */
enum ExportColumn {
  RECORD(Content.TEXT),
  CUSTOMER_ID(Content.TEXT),
  EXTERNAL_CUSTOMER_ID(Content.TEXT),
  ID(Content.TEXT),
  SEQUENCE(Content.WHOLE),
  TYPE(Content.TEXT),
  DELTA(Content.WHOLE),
  BALANCE_AFTER(Content.WHOLE),
  RESERVED_AFTER(Content.WHOLE),
  OVERAGE_AFTER(Content.WHOLE),
  ALLOCATIONS(Content.JSON),
  REFERENCE(Content.JSON),
  REASON(Content.TEXT),
  METADATA(Content.JSON),
  CREATED_AT(Content.TEXT),
  TENANT_ID(Content.TEXT),
  ENVIRONMENT(Content.TEXT),
  FROM(Content.TEXT),
  TO(Content.TEXT),
  CUSTOMERS(Content.WHOLE),
  ENTRIES(Content.WHOLE),
  FIRST_SEQUENCE(Content.WHOLE),
  LAST_SEQUENCE(Content.WHOLE),
  HEAD_HASH(Content.TEXT),
  PREVIOUS_HASH(Content.TEXT),
  HASH(Content.TEXT);

  /** How a value is written in a cell. An empty cell is null; an empty text stands in quotes. */
  enum Content {
    /** As it is. */
    TEXT,
    /** In decimal digits. */
    WHOLE,
    /** As JSON. */
    JSON
  }

  /** All, in their order. */
  static final List<ExportColumn> ALL = List.of(values());

  /** The header row. */
  static final List<String> NAMES = Arrays.stream(values()).map(ExportColumn::wire).toList();

  private final Content content;

  ExportColumn(Content content) {
    this.content = content;
  }

  Content content() {
    return content;
  }

  /** The name in the header row, and that of the member in JSON. */
  String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
