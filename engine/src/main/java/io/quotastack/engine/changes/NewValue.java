package io.quotastack.engine.changes;

import org.jspecify.annotations.Nullable;

/**
 * A new value for a field that can be cleared. A command that leaves the field as it is has null in
 * its place.
 *
 * @param value null = none any more
 * @param <T> the type of the field
 */
public record NewValue<T>(@Nullable T value) {
  /** What the field is after this change, which null leaves as it was. */
  public static <T> @Nullable T applied(@Nullable NewValue<T> change, @Nullable T old) {
    return change == null ? old : change.value();
  }
}
