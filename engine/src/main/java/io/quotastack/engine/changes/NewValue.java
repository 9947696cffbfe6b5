package io.quotastack.engine.changes;

import org.jspecify.annotations.Nullable;

/**
 * A new value for something that may be absent. A command that leaves it as it is has null in its
 * place.
 *
 * @param value null = none any more
 */
public record NewValue<T>(@Nullable T value) {
  /** What it is after this change, which null leaves as it was. */
  public static <T> @Nullable T applied(@Nullable NewValue<T> change, @Nullable T old) {
    return change == null ? old : change.value();
  }
}
