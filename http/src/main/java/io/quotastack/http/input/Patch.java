package io.quotastack.http.input;

import org.jspecify.annotations.Nullable;

/**
 * What a PATCH asks of one field: to keep it, or to set it to a value (null clears it).
 *
 * @param <T> the type of the field
 */
public sealed interface Patch<T> {

  /** The field after the patch. */
  @Nullable T applyTo(@Nullable T current);

  /** The new value of a field that can't be cleared; null = it is kept. */
  default @Nullable T valueOrNull() {
    return applyTo(null);
  }

  /** Leaves the field as it is. */
  static <T> Patch<T> keep() {
    return new Keep<>();
  }

  /** The body did not name the field. */
  record Keep<T>() implements Patch<T> {
    @Override
    public @Nullable T applyTo(@Nullable T current) {
      return current;
    }
  }

  /** The body gave the field a value, which may be null. */
  record Set<T>(@Nullable T value) implements Patch<T> {
    @Override
    public @Nullable T applyTo(@Nullable T current) {
      return value;
    }
  }
}
