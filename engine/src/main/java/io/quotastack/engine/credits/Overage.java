package io.quotastack.engine.credits;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a customer used beyond its blocks and has not settled (semantics 3), apart by the way in
 * which it was booked to be settled.
 *
 * @param nextGrantMc what the next grant pays first
 * @param invoiceMc what is cleared at the end of the period
 * @param clearsAt that end; null = nothing waits for it
 */
public record Overage(long nextGrantMc, long invoiceMc, @Nullable Instant clearsAt) {
  /** None. */
  public static final Overage NONE = new Overage(0, 0, null);

  /** All of it, in mc. */
  public long totalMc() {
    return nextGrantMc + invoiceMc;
  }

  /**
   * With that much more.
   *
   * @param newClearsAt the end of the period, for what goes on an invoice; what waits already keeps
   *     its own
   * @throws AmountOutOfRangeException if the sum is out of range
   */
  public Overage booked(
      long amountMc, OverageSettlement settlement, @Nullable Instant newClearsAt) {
    var next =
        switch (settlement) {
          case NEXT_GRANT -> new Overage(nextGrantMc + amountMc, invoiceMc, clearsAt);
          case INVOICE ->
              new Overage(
                  nextGrantMc, invoiceMc + amountMc, clearsAt == null ? newClearsAt : clearsAt);
        };
    Amounts.checked(next.totalMc());
    return next;
  }

  /** With that much less of what was booked in that way. */
  public Overage settled(long amountMc, OverageSettlement settlement) {
    return switch (settlement) {
      case NEXT_GRANT -> new Overage(nextGrantMc - amountMc, invoiceMc, clearsAt);
      case INVOICE -> {
        long leftMc = invoiceMc - amountMc;
        yield new Overage(nextGrantMc, leftMc, leftMc == 0 ? null : clearsAt);
      }
    };
  }

  /** With that much less, whichever way it was booked: first of what the next grant would pay. */
  public Overage reduced(long amountMc) {
    long ofNextGrantMc = Math.min(amountMc, nextGrantMc);
    return settled(ofNextGrantMc, OverageSettlement.NEXT_GRANT)
        .settled(amountMc - ofNextGrantMc, OverageSettlement.INVOICE);
  }
}
