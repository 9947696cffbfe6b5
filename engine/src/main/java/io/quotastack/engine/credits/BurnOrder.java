package io.quotastack.engine.credits;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Comparator;

/** Which block is spent first: the tenant's {@code burn_order} (semantics 3). */
public enum BurnOrder {
  /** Soonest expiry, then lower priority, then free before paid, then older. */
  @JsonProperty("expiry_first")
  EXPIRY_FIRST(expiry().thenComparing(priority()).thenComparing(freeThenOlder())),
  /** Lower priority, then soonest expiry, then free before paid, then older. */
  @JsonProperty("priority_first")
  PRIORITY_FIRST(priority().thenComparing(expiry()).thenComparing(freeThenOlder()));

  @SuppressWarnings("ImmutableEnumChecker") // these comparators hold no state
  private final Comparator<Burnable> comparator;

  BurnOrder(Comparator<Burnable> comparator) {
    this.comparator = comparator;
  }

  /** A total order over the blocks of one customer: no two blocks are equal in it. */
  public Comparator<Burnable> comparator() {
    return comparator;
  }

  private static Comparator<Burnable> expiry() {
    return Comparator.comparing(
        Burnable::expiresAt, Comparator.nullsLast(Comparator.naturalOrder()));
  }

  private static Comparator<Burnable> priority() {
    return Comparator.comparingInt(Burnable::priority);
  }

  private static Comparator<Burnable> freeThenOlder() {
    return Comparator.comparing(Burnable::paid).thenComparingLong(Burnable::number);
  }
}
