package io.quotastack.http.credits;

import io.quotastack.engine.credits.ExportRecord;
import io.quotastack.http.input.WireNames;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.util.ByteString;

/** How an exported ledger is written. */
public enum ExportFormat {
  /** JSON Lines: each line an entry as the API shows it, or an end. */
  JSON_LINES("jsonl"),
  /** CSV (RFC 4180) with a header row. */
  CSV("csv");

  /** The formats by their names in queries and on the command line. */
  public static final WireNames<ExportFormat> NAMES =
      WireNames.of(ExportFormat.class, ExportFormat::wire);

  private static final ContentType JSON_LINES_TYPE =
      ContentTypes.create(
          MediaTypes.customWithFixedCharset(
              "application", "jsonl", HttpCharsets.UTF_8, Map.of(), false));
  private static final ContentType CSV_TYPE =
      ContentTypes.create(MediaTypes.TEXT_CSV, HttpCharsets.UTF_8);
  private static final int USUAL_RECORD_BYTES = 800;

  private final String wire;

  ExportFormat(String wire) {
    this.wire = wire;
  }

  /** The name in queries and on the command line. */
  public String wire() {
    return wire;
  }

  ContentType contentType() {
    return switch (this) {
      case JSON_LINES -> JSON_LINES_TYPE;
      case CSV -> CSV_TYPE;
    };
  }

  /** What stands in front of all records; may be nothing. */
  ByteString head() {
    return switch (this) {
      case JSON_LINES -> ByteString.emptyByteString();
      case CSV -> ByteString.fromArrayUnsafe(ExportCsv.header());
    };
  }

  /** These records as text. */
  ByteString text(List<ExportRecord> records) {
    var bytes = new ByteArrayOutputStream(records.size() * USUAL_RECORD_BYTES);
    for (ExportRecord record : records) {
      switch (this) {
        case JSON_LINES -> {
          bytes.writeBytes(ExportJson.write(record));
          bytes.write('\n');
        }
        case CSV -> bytes.writeBytes(ExportCsv.write(record));
      }
    }
    return ByteString.fromArrayUnsafe(bytes.toByteArray());
  }
}
