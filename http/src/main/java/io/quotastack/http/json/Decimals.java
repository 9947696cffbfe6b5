package io.quotastack.http.json;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Decimals as text: the grammar of a JSON number in, plain digits without exponent out. */
public final class Decimals {
  /** No number that the API takes needs more characters than this. */
  public static final int MAX_LENGTH = 100;

  private Decimals() {}

  /**
   * The number that a text writes as JSON would, or null if it writes none, is longer than {@value
   * #MAX_LENGTH} characters or has an exponent that no {@link BigDecimal} holds.
   */
  public static @Nullable BigDecimal parse(String text) {
    if (text.length() > MAX_LENGTH || !isNumber(text)) {
      return null;
    }
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException _) {
      return null; // an exponent beyond 32 bits
    }
  }

  /**
   * The shortest plain text of a number: no exponent, no trailing zeros in the fraction.
   *
   * @param number a number of modest size; each power of ten in it is a digit in the text
   */
  public static String format(BigDecimal number) {
    return number.scale() <= 0
        ? number.toPlainString()
        : number.stripTrailingZeros().toPlainString();
  }

  private static boolean isNumber(String text) {
    int at = text.startsWith("-") ? 1 : 0;
    int integerEnd = digitsEnd(text, at);
    if (integerEnd == at || (text.charAt(at) == '0' && integerEnd > at + 1)) {
      return false;
    }
    at = integerEnd;
    if (at < text.length() && text.charAt(at) == '.') {
      int fractionEnd = digitsEnd(text, at + 1);
      if (fractionEnd == at + 1) {
        return false;
      }
      at = fractionEnd;
    }
    if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
      at++;
      if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
        at++;
      }
      int exponentEnd = digitsEnd(text, at);
      if (exponentEnd == at) {
        return false;
      }
      at = exponentEnd;
    }
    return at == text.length();
  }

  private static int digitsEnd(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at;
  }
}
