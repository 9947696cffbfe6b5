package io.quotastack.http.door;

import io.quotastack.engine.changes.NewText;
import io.quotastack.http.input.Patch;
import org.jspecify.annotations.Nullable;

/** A text in a PATCH, as the engine's commands carry it. */
public final class NewTexts {
  private NewTexts() {}

  /** What to set the text to; null = leave it as it is. */
  public static @Nullable NewText of(Patch<String> patch) {
    return switch (patch) {
      case Patch.Keep<String> _ -> null;
      case Patch.Set<String> set -> new NewText(set.value());
    };
  }
}
