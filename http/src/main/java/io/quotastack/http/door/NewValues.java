package io.quotastack.http.door;

import io.quotastack.engine.changes.NewValue;
import io.quotastack.http.input.Patch;
import org.jspecify.annotations.Nullable;

/** A field that a PATCH may clear, as the engine's commands carry it. */
public final class NewValues {
  private NewValues() {}

  /** What to set the field to; null = leave it as it is. */
  public static <T> @Nullable NewValue<T> of(Patch<T> patch) {
    return switch (patch) {
      case Patch.Keep<T> _ -> null;
      case Patch.Set<T> set -> new NewValue<>(set.value());
    };
  }
}
