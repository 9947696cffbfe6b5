package io.quotastack.http.credits;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of CSV (RFC 4180) one by one. A line feed alone ends a row, too; nothing else is forgiven.
 */
final class CsvCells {
  private final InputStream in;
  private final int maxRowBytes;
  private long line = 1;
  private int peeked = -2;

  /** The rows in there. */
  CsvCells(InputStream in, int maxRowBytes) {
    this.in = in;
    this.maxRowBytes = maxRowBytes;
  }

  /**
   * One row.
   *
   * @param line the line that it begins in; a cell may have several
   * @param cells the cells; an empty one is null, an empty text in quotes is empty
   * @param fault what is wrong with it, or null
   */
  record Row(long line, List<@Nullable String> cells, @Nullable String fault) {}

  /** The next row, or null if there is none. */
  @Nullable Row next() throws IOException {
    if (peek() < 0) {
      return null;
    }
    long begin = line;
    var cells = new ArrayList<@Nullable String>();
    String fault = null;
    int bytes = 0;
    var cell = new ByteArrayOutputStream();
    while (true) {
      cell.reset();
      boolean quoted = peek() == '"';
      String found = quoted ? quotedCell(cell, begin, bytes) : plainCell(cell, begin, bytes);
      bytes += cell.size() + 1;
      fault = fault == null ? found : fault;
      String text = Utf8.strict(cell.toByteArray());
      if (text == null) {
        fault = fault == null ? "is not UTF-8" : fault;
      }
      cells.add(cell.size() == 0 && !quoted ? null : text);
      if (read() != ',') {
        return new Row(begin, cells, fault);
      }
    }
  }

  /** Reads up to the separator, which stays; answers what is wrong. */
  private @Nullable String plainCell(ByteArrayOutputStream cell, long begin, int bytesBefore)
      throws IOException {
    String fault = null;
    for (int next = peek(); !endsCell(next); next = peek()) {
      if (next == '"') {
        fault = "has a quote inside of a cell that is not in quotes";
      } else if (next == '\r') {
        read();
        if (peek() == '\n' || peek() < 0) {
          return fault;
        }
        fault = "has a carriage return inside of a cell that is not in quotes";
        continue;
      }
      cell.write(read());
      checkSize(cell, begin, bytesBefore);
    }
    return fault;
  }

  private @Nullable String quotedCell(ByteArrayOutputStream cell, long begin, int bytesBefore)
      throws IOException {
    read();
    while (true) {
      int next = read();
      if (next < 0) {
        return "has a quote that is not closed";
      }
      if (next == '"') {
        if (peek() != '"') {
          break;
        }
        read();
      }
      cell.write(next);
      checkSize(cell, begin, bytesBefore);
    }
    if (peek() == '\r') {
      read();
    }
    if (endsCell(peek())) {
      return null;
    }
    while (!endsCell(peek())) {
      read();
    }
    return "has more in a cell behind its quotes";
  }

  private void checkSize(ByteArrayOutputStream cell, long begin, int bytesBefore)
      throws UnusableExportException {
    if (bytesBefore + cell.size() > maxRowBytes) {
      throw new UnusableExportException(
          "line " + begin + " begins a row of more than " + maxRowBytes + " bytes");
    }
  }

  private static boolean endsCell(int next) {
    return next == ',' || next == '\n' || next < 0;
  }

  private int peek() throws IOException {
    if (peeked == -2) {
      peeked = in.read();
    }
    return peeked;
  }

  private int read() throws IOException {
    int next = peek();
    peeked = -2;
    if (next == '\n') {
      line++;
    }
    return next;
  }
}
