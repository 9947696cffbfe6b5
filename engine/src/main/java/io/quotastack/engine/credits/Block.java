package io.quotastack.engine.credits;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * A live block: its terms and what is left of it.
 *
 * @param terms what never changes
 * @param remainingMc what is left, held or not
 * @param heldMc the part of what is left that reservations pin; 0 to {@code remainingMc}
 * @param active whether it may be spent: {@code effective_at} has come and it has not ended
 * @param ended why it can't be spent any more, though holds still pin some of it; null = it has not
 */
public record Block(
    BlockTerms terms, long remainingMc, long heldMc, boolean active, @Nullable Ending ended) {
  /** Why a block ended before it was used up. */
  public enum Ending {
    /** Its {@code expires_at} came. */
    @JsonProperty("expired")
    EXPIRED,
    /** It was taken back. */
    @JsonProperty("voided")
    VOIDED
  }

  /** Asserts invariant 2 of semantics 3. */
  public Block {
    if (heldMc < 0 || heldMc > remainingMc || remainingMc > terms.originalAmountMc()) {
      throw new IllegalStateException(
          "block %d: held %d, remaining %d of %d"
              .formatted(terms.number(), heldMc, remainingMc, terms.originalAmountMc()));
    }
    if (active && ended != null) {
      throw new IllegalStateException("block %d is active and ended".formatted(terms.number()));
    }
  }

  /** A block that has not ended. */
  public Block(BlockTerms terms, long remainingMc, long heldMc, boolean active) {
    this(terms, remainingMc, heldMc, active, null);
  }

  /** What is not held, in mc: what a debit can take if the block is active. */
  public long unheldMc() {
    return remainingMc - heldMc;
  }

  /** What a debit or a hold can take, in mc. */
  public long availableMc() {
    return active ? unheldMc() : 0;
  }

  /** Whether it waits for its {@code effective_at}: only then it is no part of the balance. */
  @JsonIgnore
  public boolean isPending() {
    return !active && ended == null;
  }

  /** Its status as long as it is live. */
  public BlockStatus status() {
    return ended == null
        ? active ? BlockStatus.ACTIVE : BlockStatus.PENDING
        : switch (ended) {
          case EXPIRED -> BlockStatus.EXPIRED;
          case VOIDED -> BlockStatus.VOIDED;
        };
  }

  Block with(long newRemainingMc, long newHeldMc) {
    return new Block(terms, newRemainingMc, newHeldMc, active, ended);
  }
}
