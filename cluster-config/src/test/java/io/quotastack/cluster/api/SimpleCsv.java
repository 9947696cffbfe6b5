package io.quotastack.cluster.api;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** CSV as in RFC 4180, read by one regular expression and not by the product. */
final class SimpleCsv {
  private static final Pattern CELL =
      Pattern.compile("\\G(?:\"((?:[^\"]|\"\")*)\"|([^\",\r\n]*))(,|\r\n)");

  private SimpleCsv() {}

  /** All rows; null and empty cells are the same. */
  static List<List<String>> rows(String csv) {
    var rows = new ArrayList<List<String>>();
    List<String> row = new ArrayList<>();
    Matcher cell = CELL.matcher(csv);
    int end = 0;
    while (end < csv.length() && cell.find()) {
      String quoted = cell.group(1);
      row.add(quoted == null ? cell.group(2) : quoted.replace("\"\"", "\""));
      end = cell.end();
      if ("\r\n".equals(cell.group(3))) {
        rows.add(row);
        row = new ArrayList<>();
      }
    }
    if (end != csv.length()) {
      throw new AssertionError("no CSV at " + csv.substring(end));
    }
    return rows;
  }
}
