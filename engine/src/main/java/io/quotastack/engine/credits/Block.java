package io.quotastack.engine.credits;

/**
 * A live block: its terms and what is left of it.
 *
 * @param terms what never changes
 * @param remainingMc what is left, held or not
 * @param heldMc the part of what is left that reservations pin; 0 to {@code remainingMc}
 * @param active whether {@code effective_at} has come: a pending block is not part of the balance
 */
public record Block(BlockTerms terms, long remainingMc, long heldMc, boolean active) {
  /** Asserts invariant 2 of semantics 3. */
  public Block {
    if (heldMc < 0 || heldMc > remainingMc || remainingMc > terms.originalAmountMc()) {
      throw new IllegalStateException(
          "block %d: held %d, remaining %d of %d"
              .formatted(terms.number(), heldMc, remainingMc, terms.originalAmountMc()));
    }
  }

  /** What a debit can take, in mc. */
  public long availableMc() {
    return remainingMc - heldMc;
  }
}
