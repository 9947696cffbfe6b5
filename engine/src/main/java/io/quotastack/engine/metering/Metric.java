package io.quotastack.engine.metering;

import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Something that is counted and paid for (semantics 4).
 *
 * @param key its name within the tenant's environment; see {@link #KEY}
 * @param name for people
 * @param description for people
 * @param featureKey the feature that a customer needs to use it; null = none
 * @param archived whether it is out of use
 * @param createdAt when it was made
 * @param updatedAt when it was last changed
 */
public record Metric(
    String key,
    String name,
    @Nullable String description,
    @Nullable String featureKey,
    boolean archived,
    Instant createdAt,
    Instant updatedAt) {
  /** The form of a metric's key and of a feature's. */
  public static final Pattern KEY = Pattern.compile("[a-z0-9_]{1,64}");
}
