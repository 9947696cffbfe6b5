package io.quotastack.engine.metering;

import java.util.Map;

/**
 * A price of its own for some kind of usage (semantics 4).
 *
 * @param match the properties that an event must have, each with this value; at least one
 * @param price what its units cost
 */
public record Dimension(Map<String, String> match, Price price) {
  /** Whether this prices an event with these properties. */
  boolean matches(Map<String, String> properties) {
    return match.entrySet().stream()
        .allMatch(pair -> pair.getValue().equals(properties.get(pair.getKey())));
  }
}
