package io.quotastack.http.input;

import io.quotastack.http.json.Decimals;
import io.quotastack.http.json.Timestamps;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a query, read one by one by name as {@link JsonFields} reads a body: errors are
 * remembered, {@link #finish()} answers them all. Each may be given once; {@code +} is a space.
 */
public final class QueryParameters {
  private static final int MAX_PARAMETERS = 100;
  private static final int MAX_NAME_TOLD = 100;

  private final List<String> names;
  private final List<String> values;
  private final InputErrors errors = new InputErrors();

  private QueryParameters(List<String> names, List<String> values) {
    this.names = names;
    this.values = values;
  }

  /**
   * The parameters of a query that takes only those.
   *
   * @param rawQuery what follows the question mark, as it was sent; null if there is none
   * @param allowed the names that the endpoint takes; {@code name[]} stands for {@code name[...]}
   *     with anything inside
   * @throws ProblemException if a parameter is unknown, comes twice or cannot be decoded
   */
  public static QueryParameters parse(@Nullable String rawQuery, List<String> allowed) {
    if (rawQuery == null || rawQuery.isEmpty()) {
      return new QueryParameters(List.of(), List.of());
    }
    var parameters = new QueryParameters(new ArrayList<>(), new ArrayList<>());
    int from = 0;
    while (from <= rawQuery.length()) {
      int and = rawQuery.indexOf('&', from);
      int end = and < 0 ? rawQuery.length() : and;
      if (end > from) {
        parameters.add(rawQuery.substring(from, end), allowed);
      }
      from = end + 1;
    }
    parameters.finish();
    return parameters;
  }

  private void add(String pair, List<String> allowed) {
    if (names.size() >= MAX_PARAMETERS) {
      errors.add("?", "must have at most " + MAX_PARAMETERS + " parameters");
      return;
    }
    int equals = pair.indexOf('=');
    String rawName = equals < 0 ? pair : pair.substring(0, equals);
    String name = PercentEncoding.decode(rawName, true);
    String value = equals < 0 ? "" : PercentEncoding.decode(pair.substring(equals + 1), true);
    if (name == null || value == null) {
      errors.add(
          pointer(name == null ? rawName : name), "has a percent-escape that is not valid UTF-8");
    } else if (!isAllowed(name, allowed)) {
      errors.add(pointer(name), "is not a known query parameter");
    } else if (names.contains(name)) {
      errors.add(pointer(name), "is given more than once");
    } else {
      names.add(name);
      values.add(value);
    }
  }

  private static boolean isAllowed(String name, List<String> allowed) {
    if (allowed.contains(name)) {
      return !name.endsWith("[]");
    }
    int bracket = name.indexOf('[');
    return bracket > 0 && name.endsWith("]") && allowed.contains(name.substring(0, bracket) + "[]");
  }

  /** Whether the query has that parameter. */
  public boolean has(String name) {
    return names.contains(name);
  }

  /** A text, or null if there is none. */
  public @Nullable String textOrNull(String name, TextRule rule) {
    String text = find(name);
    String fault = text == null ? null : rule.fault(text);
    if (fault != null) {
      reject(name, fault);
      return null;
    }
    return text;
  }

  /** A whole number within these bounds, or that one if there is none. */
  public int intOr(String name, int min, int max, int otherwise) {
    String text = find(name);
    if (text == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException _) {
      // told below, as a number that is out of bounds is
    }
    reject(name, "must be a whole number from " + min + " to " + max);
    return otherwise;
  }

  /** {@code true} or {@code false}, or null if there is none. */
  public @Nullable Boolean boolOrNull(String name) {
    String text = find(name);
    if (text == null) {
      return null;
    }
    if (!text.equals("true") && !text.equals("false")) {
      reject(name, "must be true or false");
    }
    return text.equals("true");
  }

  /** {@code true} or {@code false}, or that if there is none. */
  public boolean boolOr(String name, boolean otherwise) {
    Boolean truth = boolOrNull(name);
    return truth == null ? otherwise : truth;
  }

  /** A decimal, or that one if there is none. */
  public BigDecimal decimalOr(String name, DecimalRule rule, BigDecimal otherwise) {
    String text = find(name);
    if (text == null) {
      return otherwise;
    }
    BigDecimal number = Decimals.parse(text);
    if (number == null) {
      reject(name, "must be a decimal number");
      return otherwise;
    }
    String fault = rule.fault(number);
    if (fault != null) {
      reject(name, fault);
      return otherwise;
    }
    return rule.shortest(number);
  }

  /** An instant, cut to milliseconds, or null if there is none. */
  public @Nullable Instant instantOrNull(String name) {
    String text = find(name);
    Instant instant = text == null ? null : Timestamps.parse(text);
    if (text != null && instant == null) {
      boolean plusLost = text.indexOf(' ') >= 0;
      reject(
          name,
          Timestamps.expectation() + (plusLost ? "; a + must be sent percent-encoded: %2B" : ""));
    }
    return instant;
  }

  /** One of a few values, or null if there is none. */
  public <T> @Nullable T choiceOrNull(String name, WireNames<T> names) {
    String text = find(name);
    T choice = text == null ? null : names.find(text);
    if (text != null && choice == null) {
      reject(name, names.expectation());
    }
    return choice;
  }

  /** One of a few values, or that one if there is none. */
  public <T> T choiceOr(String name, WireNames<T> names, T otherwise) {
    T choice = choiceOrNull(name, names);
    return choice == null ? otherwise : choice;
  }

  /**
   * The parameters {@code name[key]=value} as pairs of key and value, in the order in which they
   * were sent.
   */
  public Map<String, String> textMap(String name, TextMapRule rule) {
    Map<String, String> map = null;
    String prefix = name + '[';
    for (int i = 0; i < names.size(); i++) {
      String full = names.get(i);
      if (full.startsWith(prefix) && full.endsWith("]")) {
        String key = full.substring(prefix.length(), full.length() - 1);
        String fault = rule.fault(key, values.get(i));
        if (fault != null) {
          reject(full, fault);
        } else {
          map = map == null ? new LinkedHashMap<>() : map;
          map.put(key, values.get(i));
        }
      }
    }
    if (map == null) {
      return Map.of();
    }
    if (map.size() > rule.maxPairs()) {
      reject(name, "must have at most " + rule.maxPairs() + " pairs, but has " + map.size());
    }
    return Collections.unmodifiableMap(map);
  }

  /** Remembers that something is wrong with a parameter beyond what the readers check. */
  public void reject(String name, String detail) {
    errors.add(pointer(name), detail);
  }

  /**
   * Ends the reading.
   *
   * @throws ProblemException if anything is wrong, telling everything that is
   */
  public void finish() {
    Problem problem = errors.problem();
    if (problem != null) {
      throw problem.asException();
    }
  }

  private @Nullable String find(String name) {
    int at = names.indexOf(name);
    return at < 0 ? null : values.get(at);
  }

  private static String pointer(String name) {
    return '?' + (name.length() <= MAX_NAME_TOLD ? name : name.substring(0, MAX_NAME_TOLD) + "...");
  }
}
