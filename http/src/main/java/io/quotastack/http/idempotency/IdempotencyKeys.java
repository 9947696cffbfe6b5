package io.quotastack.http.idempotency;

import io.quotastack.http.input.TextRule;

/**
 * What an idempotency key is: 1 to 255 printable ASCII characters, not beginning or ending blank.
 */
public final class IdempotencyKeys {
  private static final int MAX_LENGTH = 255;

  /** The rule for the {@code idempotency_key} of an event in a batch. */
  public static final TextRule RULE =
      TextRule.length(1, MAX_LENGTH)
          .matching(
              IdempotencyKeys::isValid,
              "must be printable ASCII and must not begin or end with a space");

  private IdempotencyKeys() {}

  /** Whether that text may be an idempotency key. */
  public static boolean isValid(String text) {
    int length = text.length();
    if (length == 0
        || length > MAX_LENGTH
        || text.charAt(0) == ' '
        || text.charAt(length - 1) == ' ') {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }
}
