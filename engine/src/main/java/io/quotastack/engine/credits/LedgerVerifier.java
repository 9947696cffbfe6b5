package io.quotastack.engine.credits;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Proves one customer's ledger: fed all its entries in order, it tells whether the sequence has no
 * gap, the hash chain holds, every balance follows from the one before, and no block gave more than
 * it had. Memory grows with the number of live blocks only.
 */
public final class LedgerVerifier {
  private final UUID customerId;
  private final Map<Long, Long> remainingByBlockMc = new HashMap<>();
  private long entries;
  private long balanceMc;
  private String headHash = LedgerHash.GENESIS;
  private @Nullable String problem;
  private @Nullable Long firstBadSequence;

  /** A verifier for the ledger of that customer, from its first entry on. */
  public LedgerVerifier(UUID customerId) {
    this.customerId = customerId;
  }

  /** Takes the next entry. After the first bad one the rest is not looked at. */
  public void accept(LedgerEntry entry) {
    if (problem != null) {
      return;
    }
    String found = check(entry);
    if (found != null) {
      problem = found;
      firstBadSequence = entries + 1;
      return;
    }
    entries++;
    balanceMc = entry.balanceAfter();
    headHash = entry.hash();
  }

  private @Nullable String check(LedgerEntry entry) {
    if (entry.sequence() != entries + 1) {
      return "sequence " + entry.sequence() + " stands where " + (entries + 1) + " belongs";
    }
    if (!entry.previousHash().equals(headHash)) {
      return "previous_hash is not the hash of the entry before";
    }
    if (!entry.hash().equals(LedgerHash.of(entry, customerId))) {
      return "hash does not match the content";
    }
    if (entry.balanceAfter() != balanceMc + entry.delta()) {
      return "balance_after is not the balance before plus delta";
    }
    return move(entry);
  }

  private @Nullable String move(LedgerEntry entry) {
    long sumMc = 0;
    for (Allocation allocation : entry.allocations()) {
      sumMc += allocation.amountMc();
      if (entry.type() == EntryType.GRANT) {
        if (entry.delta() > 0) {
          remainingByBlockMc.merge(allocation.block(), allocation.amountMc(), Long::sum);
        }
        continue;
      }
      long remainingMc =
          remainingByBlockMc.getOrDefault(allocation.block(), 0L) - allocation.amountMc();
      if (remainingMc < 0) {
        return "block " + allocation.block() + " gave more than it had";
      }
      if (remainingMc == 0) {
        remainingByBlockMc.remove(allocation.block());
      } else {
        remainingByBlockMc.put(allocation.block(), remainingMc);
      }
    }
    boolean promised = entry.type() == EntryType.GRANT && entry.delta() == 0;
    return promised || sumMc == Math.abs(entry.delta())
        ? null
        : "the allocations do not add up to delta";
  }

  /**
   * The verdict over all entries taken so far.
   *
   * @param expectedEntries how many entries the live account counts
   * @param expectedHeadHash the hash that the live account holds as the last one
   * @param expectedBalanceMc the balance of the live account
   */
  public Verdict verdict(long expectedEntries, String expectedHeadHash, long expectedBalanceMc) {
    if (problem != null) {
      return new Verdict(false, entries, headHash, firstBadSequence, problem);
    }
    if (entries != expectedEntries) {
      // What breaks is the first entry that is missing, or the first that should not be there.
      return new Verdict(
          false,
          entries,
          headHash,
          Math.min(entries, expectedEntries) + 1,
          "the ledger has " + entries + " entries, the account " + expectedEntries);
    }
    String mismatch = null;
    if (!headHash.equals(expectedHeadHash)) {
      mismatch = "the last hash is not the one that the account holds";
    } else if (balanceMc != expectedBalanceMc) {
      mismatch = "the ledger's balance is " + balanceMc + ", the account's " + expectedBalanceMc;
    }
    return mismatch == null
        ? new Verdict(true, entries, headHash, null, null)
        : new Verdict(false, entries, headHash, entries, mismatch);
  }

  /**
   * What was found.
   *
   * @param valid whether everything holds
   * @param entries how many good entries there are from the start on
   * @param headHash the hash of the last good entry
   * @param firstBadSequence where it breaks, or null
   * @param problem what breaks, or null
   */
  public record Verdict(
      boolean valid,
      long entries,
      String headHash,
      @Nullable Long firstBadSequence,
      @Nullable String problem) {}
}
