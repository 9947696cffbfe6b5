package io.quotastack.engine.credits;

/** An amount or a sum left the allowed range of +-{@link Amounts#MAX_MC}; nothing changed. */
public final class AmountOutOfRangeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Carries no stack trace: it is an answer, not a fault. */
  public AmountOutOfRangeException() {
    super("amount out of range", null, false, false);
  }
}
