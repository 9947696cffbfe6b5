package io.quotastack.http.lists;

import io.quotastack.http.json.JsonWriter;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;
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

  /**
   * The page of elements that are listed by a text that no two of them share, such as a key.
   *
   * @param kind the list, as in its cursors
   * @param request which page; its cursor tells the text of the last element before it
   */
  public static <T> Page<T> byText(
      String kind, PageRequest request, Stream<T> elements, Function<T, String> text) {
    String after = request.textOrNull(0);
    List<T> found =
        elements
            .filter(element -> after == null || text.apply(element).compareTo(after) > 0)
            .sorted(Comparator.comparing(text))
            .limit(request.limit() + 1L)
            .toList();
    return of(found, request.limit(), last -> Cursor.at(kind, text.apply(last)));
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
