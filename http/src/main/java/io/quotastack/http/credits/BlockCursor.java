package io.quotastack.http.credits;

import io.quotastack.engine.credits.BlockTerms;
import io.quotastack.engine.customer.CustomerQuery.BurnPlace;
import io.quotastack.http.input.QueryParameters;
import io.quotastack.http.lists.Cursor;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A place in the burn order as a cursor: it names what orders blocks, not a block, and so stays
 * good when that block is used up.
 */
final class BlockCursor {
  static final String KIND = "blocks";
  static final int VALUES = 4;

  private static final String NEVER = "";

  private BlockCursor() {}

  /** The cursor of the page that begins behind that block. */
  static Cursor after(BlockTerms terms) {
    Instant expiresAt = terms.expiresAt();
    return Cursor.at(
        KIND,
        Long.toString(terms.number()),
        Integer.toString(terms.priority()),
        expiresAt == null ? NEVER : Long.toString(expiresAt.toEpochMilli()),
        terms.paid() ? "1" : "0");
  }

  /** The place that a cursor names; null if there is none, or with an error if it names none. */
  static @Nullable BurnPlace place(QueryParameters query, @Nullable Cursor cursor) {
    if (cursor == null) {
      return null;
    }
    Long number = cursor.number(0);
    Long priority = cursor.number(1);
    boolean never = cursor.values().get(2).equals(NEVER);
    Long expiresAtMillis = cursor.number(2);
    Long paid = cursor.number(3);
    if (number == null
        || priority == null
        || priority > Integer.MAX_VALUE
        || (expiresAtMillis == null && !never)
        || paid == null) {
      query.reject("cursor", "is not a cursor of this list; start again without it");
      return null;
    }
    return new BurnPlace(
        number,
        priority.intValue(),
        expiresAtMillis == null ? null : Instant.ofEpochMilli(expiresAtMillis),
        paid == 1);
  }
}
