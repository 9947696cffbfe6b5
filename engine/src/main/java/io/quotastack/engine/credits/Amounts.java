package io.quotastack.engine.credits;

/** Arithmetic on millicredits (mc) inside the allowed range (semantics 2). */
public final class Amounts {
  /** The largest amount and the largest sum, in mc: what a JSON number holds exactly. */
  public static final long MAX_MC = 9_007_199_254_740_991L;

  private Amounts() {}

  /**
   * The sum of two amounts that are in range.
   *
   * @throws AmountOutOfRangeException if the sum is not
   */
  public static long add(long leftMc, long rightMc) {
    return checked(leftMc + rightMc);
  }

  /**
   * The amount itself.
   *
   * @throws AmountOutOfRangeException if it is out of range
   */
  public static long checked(long amountMc) {
    if (amountMc > MAX_MC || amountMc < -MAX_MC) {
      throw new AmountOutOfRangeException();
    }
    return amountMc;
  }
}
