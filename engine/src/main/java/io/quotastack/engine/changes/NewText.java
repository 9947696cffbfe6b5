package io.quotastack.engine.changes;

import org.jspecify.annotations.Nullable;

/**
 * A new value for a text. A command that leaves the text as it is has null in its place.
 *
 * @param value null = none any more
 */
public record NewText(@Nullable String value) {
  /** What the text is after this change, which null leaves as it was. */
  public static @Nullable String applied(@Nullable NewText change, @Nullable String old) {
    return change == null ? old : change.value();
  }
}
