package io.quotastack.http.credits;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quotastack.engine.credits.ExportRecord;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads an exported ledger, line by line and in memory that does not grow. As strict as it can be:
 * what no export has is a fault of its line, and the next line is read all the same.
 */
public final class ExportReader {
  /** The longest line, in bytes: far above what an entry of many blocks takes. */
  static final int MAX_LINE_BYTES = 64 << 20;

  private static final int BUFFER_BYTES = 1 << 16;
  private static final int GZIP_FIRST = 0x1f;
  private static final int GZIP_SECOND = 0x8b;
  private static final Pattern WHOLE = Pattern.compile("-?(0|[1-9][0-9]{0,18})");

  private final Lines lines;

  /**
   * One line.
   *
   * @param number counted from 1
   * @param record what it is; null if it is none of an export
   * @param fault what is wrong with it; null if nothing is
   */
  public record Line(long number, @Nullable ExportRecord record, @Nullable String fault) {}

  /** The lines of a format. */
  @FunctionalInterface
  private interface Lines {
    @Nullable Line next() throws IOException;
  }

  private ExportReader(Lines lines) {
    this.lines = lines;
  }

  /**
   * The reader of what comes in there, which may be compressed with gzip.
   *
   * @param format null = whichever it looks like
   */
  public static ExportReader of(InputStream in, @Nullable ExportFormat format) throws IOException {
    InputStream plain = unpacked(new BufferedInputStream(in, BUFFER_BYTES));
    ExportFormat known = format == null ? looksLike(plain) : format;
    return new ExportReader(
        switch (known) {
          case JSON_LINES -> new JsonLines(plain);
          case CSV -> new CsvLines(plain);
        });
  }

  private static InputStream unpacked(InputStream in) throws IOException {
    in.mark(2);
    boolean packed = in.read() == GZIP_FIRST && in.read() == GZIP_SECOND;
    in.reset();
    return packed
        ? new BufferedInputStream(new GZIPInputStream(in, BUFFER_BYTES), BUFFER_BYTES)
        : in;
  }

  private static ExportFormat looksLike(InputStream in) throws IOException {
    in.mark(1);
    int first = in.read();
    in.reset();
    return first < 0 || first == '{' ? ExportFormat.JSON_LINES : ExportFormat.CSV;
  }

  /**
   * The next line, or null if there is none.
   *
   * @throws UnusableExportException if this is no export at all
   * @throws IOException if it cannot be read
   */
  public @Nullable Line next() throws IOException {
    return lines.next();
  }

  private static final class JsonLines implements Lines {
    private final InputStream in;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long number;

    JsonLines(InputStream in) {
      this.in = in;
    }

    @Override
    public @Nullable Line next() throws IOException {
      bytes.reset();
      number++;
      int next = in.read();
      if (next < 0) {
        return null;
      }
      for (; next >= 0 && next != '\n'; next = in.read()) {
        bytes.write(next);
        if (bytes.size() > MAX_LINE_BYTES) {
          throw new UnusableExportException(
              "line " + number + " has more than " + MAX_LINE_BYTES + " bytes");
        }
      }
      String text = Utf8.strict(bytes.toByteArray());
      if (text == null) {
        return new Line(number, null, "is not UTF-8");
      }
      try {
        return new Line(number, ExportParser.parse(text), null);
      } catch (ExportFault fault) {
        return new Line(number, null, fault.problem());
      }
    }
  }

  private static final class CsvLines implements Lines {
    private final CsvCells rows;
    private boolean begun;
    private CsvCells.@Nullable Row waiting;

    CsvLines(InputStream in) {
      this.rows = new CsvCells(in, MAX_LINE_BYTES);
    }

    @Override
    public @Nullable Line next() throws IOException {
      if (!begun) {
        begun = true;
        CsvCells.Row first = rows.next();
        if (first == null || !first.cells().equals(ExportColumn.NAMES)) {
          return withoutHeader(first);
        }
      }
      CsvCells.Row row = waiting == null ? rows.next() : waiting;
      waiting = null;
      return row == null ? null : line(row);
    }

    /** An export that lost its header is still one. */
    private @Nullable Line withoutHeader(CsvCells.@Nullable Row first)
        throws UnusableExportException {
      if (first == null) {
        return null;
      }
      String kind = first.cells().getFirst();
      if (kind == null || ExportKind.of(kind) == null) {
        throw new UnusableExportException("this is no export of a ledger");
      }
      waiting = first;
      return new Line(first.line(), null, "the header row is missing in front of this one");
    }

    private static Line line(CsvCells.Row row) {
      if (row.fault() != null) {
        return new Line(row.line(), null, row.fault());
      }
      try {
        return new Line(row.line(), record(row.cells()), null);
      } catch (ExportFault fault) {
        return new Line(row.line(), null, fault.problem());
      }
    }

    private static ExportRecord record(List<@Nullable String> cells) throws ExportFault {
      if (cells.size() != ExportColumn.ALL.size()) {
        throw new ExportFault("has " + cells.size() + " cells and not " + ExportColumn.ALL.size());
      }
      String name = cells.getFirst();
      ExportKind kind = name == null ? null : ExportKind.of(name);
      if (kind == null) {
        throw new ExportFault("is no record of an export");
      }
      ObjectNode members = JsonNodeFactory.instance.objectNode();
      for (int i = 1; i < cells.size(); i++) {
        ExportColumn column = ExportColumn.ALL.get(i);
        String cell = cells.get(i);
        if (kind.members().contains(column)) {
          members.set(column.wire(), value(column, cell));
        } else if (cell != null) {
          throw new ExportFault("has a value in " + column.wire() + ", which it does not have");
        }
      }
      return ExportParser.parse(kind, members);
    }

    private static JsonNode value(ExportColumn column, @Nullable String cell) throws ExportFault {
      if (cell == null) {
        return JsonNodeFactory.instance.nullNode();
      }
      return switch (column.content()) {
        case TEXT -> JsonNodeFactory.instance.textNode(cell);
        case WHOLE -> whole(column, cell);
        case JSON -> ExportMembers.parse(cell);
      };
    }

    private static JsonNode whole(ExportColumn column, String cell) throws ExportFault {
      try {
        if (WHOLE.matcher(cell).matches()) {
          return JsonNodeFactory.instance.numberNode(Long.parseLong(cell));
        }
      } catch (NumberFormatException _) {
        // told below, as what is no number at all
      }
      throw ExportMembers.fault(column.wire(), "is not a whole number of 64 bits");
    }
  }
}
