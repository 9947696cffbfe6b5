package io.quotastack.engine.customer;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds how many writes a node has in flight at the journal. A journal whose queue is full fails
 * the write and stops the actor; this bound lies before it, so that overload is answered, not
 * suffered.
 */
public final class WriteBudget {
  private final AtomicInteger free;

  /** A budget of that many writes at once. */
  public WriteBudget(int writes) {
    this.free = new AtomicInteger(writes);
  }

  /** Takes one write out of the budget, if there is one left. */
  boolean tryTake() {
    if (free.decrementAndGet() >= 0) {
      return true;
    }
    free.incrementAndGet();
    return false;
  }

  /** Gives one write back. */
  void giveBack() {
    free.incrementAndGet();
  }
}
