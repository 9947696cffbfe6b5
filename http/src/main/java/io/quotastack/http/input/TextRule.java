package io.quotastack.http.input;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a text must be: its length in Unicode code points and, beyond that, its form. No text of the
 * API holds U+0000 (PostgreSQL has none) or half a surrogate pair (UTF-8 has none). Made once per
 * field and shared.
 */
public final class TextRule {
  private final int minLength;
  private final int maxLength;
  private final Predicate<String> form;
  private final String formExpectation;

  private TextRule(int minLength, int maxLength, Predicate<String> form, String formExpectation) {
    this.minLength = minLength;
    this.maxLength = maxLength;
    this.form = form;
    this.formExpectation = formExpectation;
  }

  /** Any text of that many code points, both bounds included. */
  public static TextRule length(int min, int max) {
    return new TextRule(min, max, text -> true, "");
  }

  /**
   * This rule, and a form.
   *
   * @param expectation what to tell if it is not met, such as "must be a UUID"
   */
  public TextRule matching(Predicate<String> form, String expectation) {
    return new TextRule(minLength, maxLength, form, expectation);
  }

  /** What is wrong with the text, or null if nothing is. */
  public @Nullable String fault(String text) {
    int length = text.length();
    int codePoints = length;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return "must not contain the character U+0000";
      }
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == length
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return "must not contain half a surrogate pair (at character " + i + ")";
        }
        i++;
        codePoints--;
      }
    }
    if (codePoints > maxLength) {
      return "must have at most " + characters(maxLength) + ", but has " + codePoints;
    }
    if (codePoints < minLength) {
      return codePoints == 0
          ? "must not be empty"
          : "must have at least " + characters(minLength) + ", but has " + codePoints;
    }
    return form.test(text) ? null : formExpectation;
  }

  private static String characters(int count) {
    return count == 1 ? "1 character" : count + " characters";
  }
}
