package io.quotastack.http.input;

import org.jspecify.annotations.Nullable;

/**
 * What an object of strings may hold.
 *
 * @param maxPairs how many pairs at most
 * @param key what each key must be
 * @param value what each value must be
 */
public record TextMapRule(int maxPairs, TextRule key, TextRule value) {
  /** Metadata and properties: 50 pairs, keys of 1 to 40 characters, values of up to 500. */
  public static final TextMapRule METADATA =
      new TextMapRule(50, TextRule.length(1, 40), TextRule.length(0, 500));

  /** What is wrong with one pair, or null if nothing is. */
  @Nullable String fault(String itsKey, String itsValue) {
    String keyFault = key.fault(itsKey);
    return keyFault == null ? value.fault(itsValue) : "its key " + keyFault;
  }
}
