package io.quotastack.bench.load;

import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the load generator knows of each customer's balance: how many debits it sent and how many
 * were acknowledged.
 *
 * <p>With requests in flight the exact balance is not known, but its bounds are: every debit that
 * was acknowledged before a request left must show in the answer, and no debit that was not yet
 * sent can. An answer outside of these bounds is stale, lost or doubled.
 */
public final class BalanceBook {
  private final long grantedMc;
  private final long costMc;
  private final AtomicIntegerArray sent;
  private final AtomicIntegerArray acknowledged;

  public BalanceBook(int customers, long grantedMc, long costMc) {
    this(customers, grantedMc, costMc, List.of());
  }

  /**
   * @param pastDebits how many debits of the first customers were acknowledged before, by their
   *     numbers
   */
  public BalanceBook(int customers, long grantedMc, long costMc, List<Integer> pastDebits) {
    this.grantedMc = grantedMc;
    this.costMc = costMc;
    this.sent = new AtomicIntegerArray(customers);
    this.acknowledged = new AtomicIntegerArray(customers);
    for (int customer = 0; customer < pastDebits.size(); customer++) {
      sent.set(customer, pastDebits.get(customer));
      acknowledged.set(customer, pastDebits.get(customer));
    }
  }

  public int customers() {
    return sent.length();
  }

  public long grantedMc() {
    return grantedMc;
  }

  public long costMc() {
    return costMc;
  }

  public void sent(int customer) {
    sent.incrementAndGet(customer);
  }

  public void acknowledged(int customer) {
    acknowledged.incrementAndGet(customer);
  }

  public int acknowledgedCount(int customer) {
    return acknowledged.get(customer);
  }

  /** What was acknowledged, by customer number. */
  public List<Integer> acknowledgedCounts() {
    return IntStream.range(0, acknowledged.length()).mapToObj(acknowledged::get).toList();
  }

  /**
   * Says what is wrong with a balance, or null.
   *
   * @param debitsAtLeast how many debits the answer must include: those acknowledged before its
   *     request left, and its own
   */
  public @Nullable String fault(int customer, long balanceMc, int debitsAtLeast) {
    long highest = grantedMc - debitsAtLeast * costMc;
    long lowest = grantedMc - sent.get(customer) * costMc;
    if (balanceMc > highest) {
      return "customer "
          + customer
          + ": balance "
          + balanceMc
          + " misses a debit acknowledged"
          + " before: at most "
          + highest;
    }
    if (balanceMc < lowest) {
      return "customer "
          + customer
          + ": balance "
          + balanceMc
          + " is below what was ever sent: at"
          + " least "
          + lowest;
    }
    if ((grantedMc - balanceMc) % costMc != 0) {
      return "customer " + customer + ": balance " + balanceMc + " is off by a part of a cost";
    }
    return null;
  }
}
