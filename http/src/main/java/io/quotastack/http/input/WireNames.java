package io.quotastack.http.input;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The values of a field that takes one of a few, by their names in JSON. Made once per field and
 * shared.
 *
 * @param <T> what the names stand for
 */
public final class WireNames<T> {
  private final Map<String, T> byName;
  private final String expectation;
  private final T first;

  private WireNames(Map<String, T> byName) {
    this.byName = Collections.unmodifiableMap(byName);
    this.first = byName.values().iterator().next();
    this.expectation = "must be one of " + String.join(", ", byName.keySet());
  }

  /** These values, each named by that function. */
  public static <T> WireNames<T> of(List<T> values, Function<T, String> name) {
    var byName = new LinkedHashMap<String, T>();
    for (T value : values) {
      byName.put(name.apply(value), value);
    }
    return new WireNames<>(byName);
  }

  /** All constants of an enum, named by that function. */
  public static <E extends Enum<E>> WireNames<E> of(Class<E> type, Function<E, String> name) {
    return of(List.of(type.getEnumConstants()), name);
  }

  /** All constants of an enum, named as in Java but in lower case. */
  public static <E extends Enum<E>> WireNames<E> lowerCase(Class<E> type) {
    return of(type, constant -> constant.name().toLowerCase(Locale.ROOT));
  }

  /** The value of that name, or null if there is none. */
  public @Nullable T find(String name) {
    return byName.get(name);
  }

  /** What stands in for a value that could not be read, until the error is answered. */
  T first() {
    return first;
  }

  /** What the field must be, for an error's detail: the names allowed. */
  String expectation() {
    return expectation;
  }
}
