package io.quotastack.http.lists;

import io.quotastack.http.json.JsonWriter;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list.
 *
 * @param data its elements, in the list's order
 * @param next where the next page begins; null = this is the last
 * @param <T> what is listed
 */
public record Page<T>(List<T> data, @Nullable Cursor next) {

  /** Copies the elements. */
  public Page {
    data = List.copyOf(data);
  }

  /**
   * The page made of what was found when one element more than the limit was looked for: whether
   * there is that one tells whether the list goes on.
   *
   * @param cursorAfter where a page begins that follows that element
   */
  public static <T> Page<T> of(List<T> found, int limit, Function<T, Cursor> cursorAfter) {
    if (found.size() <= limit) {
      return new Page<>(found, null);
    }
    List<T> shown = found.subList(0, limit);
    return new Page<>(shown, cursorAfter.apply(shown.getLast()));
  }

  /** Writes {@code data} and {@code pagination} into an object that is open. */
  public void writeMembers(JsonWriter json, BiConsumer<JsonWriter, T> element) {
    json.objects("data", data, element)
        .object(
            "pagination",
            pagination ->
                pagination
                    .bool("has_more", next != null)
                    .text("next_cursor", next == null ? null : next.encode()));
  }
}
