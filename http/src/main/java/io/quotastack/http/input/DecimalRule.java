package io.quotastack.http.input;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What a decimal must be: at most {@value #MAX_INTEGER_DIGITS} integer and {@value
 * #MAX_FRACTION_DIGITS} fraction digits, and its sign. Trailing zeros are not digits: {@code 1.50}
 * has one in its fraction.
 */
public enum DecimalRule {
  /** Greater than 0. */
  POSITIVE("must be greater than 0"),
  /** 0 or more. */
  NOT_NEGATIVE("must be 0 or more");

  private static final int MAX_INTEGER_DIGITS = 15;
  private static final int MAX_FRACTION_DIGITS = 9;

  private final String expectation;

  DecimalRule(String expectation) {
    this.expectation = expectation;
  }

  /** What is wrong with the number, or null if nothing is. */
  @Nullable String fault(BigDecimal number) {
    if (number.signum() < 0 || (number.signum() == 0 && this == POSITIVE)) {
      return expectation;
    }
    if (number.signum() == 0) {
      return null;
    }
    // By digits and exponent alone: 1e999999999 must not be written out to be refused.
    BigDecimal stripped = number.stripTrailingZeros();
    long integerDigits = (long) stripped.precision() - stripped.scale();
    if (integerDigits > MAX_INTEGER_DIGITS) {
      return "must have at most " + MAX_INTEGER_DIGITS + " digits before the decimal point";
    }
    if (stripped.scale() > MAX_FRACTION_DIGITS) {
      return "must have at most " + MAX_FRACTION_DIGITS + " digits after the decimal point";
    }
    return null;
  }

  /** A number without fault with as few digits as it needs, none of them in an exponent. */
  BigDecimal shortest(BigDecimal number) {
    BigDecimal stripped = number.stripTrailingZeros();
    return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
  }

  /** The smallest number in whole units that obeys: what stands in for one that does not. */
  BigDecimal standIn() {
    return this == POSITIVE ? BigDecimal.ONE : BigDecimal.ZERO;
  }
}
