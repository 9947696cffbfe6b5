package io.quotastack.http.input;

import io.quotastack.http.problems.FieldError;
import io.quotastack.http.problems.Problem;
import io.quotastack.http.problems.ProblemType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what is wrong with one input, so that a client is told everything at once. At most
 * {@value #LISTED_LIMIT} errors are kept.
 */
final class InputErrors {
  static final int LISTED_LIMIT = 50;

  private final List<FieldError> invalid = new ArrayList<>(0);
  private final List<FieldError> outOfRange = new ArrayList<>(0);

  private boolean closed;

  void add(String pointer, String detail) {
    if (hasRoom()) {
      invalid.add(new FieldError(pointer, detail));
    }
  }

  /** An amount that is a whole number and beyond the range of amounts: its own kind of problem. */
  void addOutOfRange(String pointer, String detail) {
    if (!closed && outOfRange.size() < LISTED_LIMIT) {
      outOfRange.add(new FieldError(pointer, detail));
    }
  }

  boolean hasRoom() {
    return !closed && invalid.size() < LISTED_LIMIT;
  }

  /** Takes in no more: what is still found wrong follows from what is known already. */
  void close() {
    closed = true;
  }

  /** The answer to the input, or null if nothing is wrong with it. */
  @Nullable Problem problem() {
    if (!invalid.isEmpty()) {
      return Problem.invalidRequest(invalid);
    }
    if (!outOfRange.isEmpty()) {
      return Problem.withErrors(ProblemType.AMOUNT_OUT_OF_RANGE, outOfRange);
    }
    return null;
  }
}
