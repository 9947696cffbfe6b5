package io.quotastack.http.lists;

import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.input.TextRule;
import org.jspecify.annotations.Nullable;

/**
 * Which page of a list is asked for: {@code ?cursor=&limit=}.
 *
 * @param cursor after what; null = from the start
 * @param limit how many elements at most
 */
public record PageRequest(@Nullable Cursor cursor, int limit) {
  private static final int DEFAULT_LIMIT = 20;
  private static final int MAX_LIMIT = 100;
  private static final TextRule ANY_TEXT = TextRule.length(0, Integer.MAX_VALUE);
  private static final String BAD_CURSOR = "is not a cursor of this list; start again without it";

  /**
   * The page of a list whose position is told by one number of 0 or more. Errors are remembered by
   * the query.
   */
  public static PageRequest byNumber(QueryParameters query, String kind) {
    PageRequest page = byTexts(query, kind, 1);
    if (page.cursor() != null && page.cursor().number(0) == null) {
      query.reject("cursor", BAD_CURSOR);
      return new PageRequest(null, page.limit());
    }
    return page;
  }

  /** The page of a list whose position is told by that many texts. */
  public static PageRequest byTexts(QueryParameters query, String kind, int count) {
    String text = query.textOrNull("cursor", ANY_TEXT);
    Cursor cursor = text == null ? null : Cursor.decode(text, kind, count);
    if (text != null && cursor == null) {
      query.reject("cursor", BAD_CURSOR);
    }
    return new PageRequest(cursor, query.intOr("limit", 1, MAX_LIMIT, DEFAULT_LIMIT));
  }

  /** The number that the cursor tells, or that one if there is no cursor. */
  public long numberOr(long otherwise) {
    Long number = cursor == null ? null : cursor.number(0);
    return number == null ? otherwise : number;
  }

  /** The text that the cursor tells, or null if there is no cursor. */
  public @Nullable String textOrNull(int index) {
    return cursor == null ? null : cursor.values().get(index);
  }
}
