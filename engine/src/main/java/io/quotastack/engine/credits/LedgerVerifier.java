package io.quotastack.engine.credits;

import io.quotastack.engine.ids.OwnedId;
import java.time.Instant;
import java.util.HashSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Proves one customer's ledger: fed its entries in order, it tells whether the sequence has no gap,
 * the hash chain holds, time never runs backwards, every balance follows from the one before by the
 * rules of the entry's type, and no block and no reservation gave more than it had. Memory grows
 * with the number of live blocks and live holds only.
 */
public final class LedgerVerifier {
  private final UUID customerId;
  private BlockBook book;
  private boolean begun;
  private long entries;
  private long lastSequence;
  private long lastNumber;
  private Instant lastAt = Instant.MIN;
  private long balanceMc;
  private long reservedMc;
  private long overageMc;
  private String headHash = LedgerHash.GENESIS;
  private @Nullable String problem;
  private @Nullable Long firstBadSequence;

  /** A verifier for the ledger of that customer, from its first entry on. */
  public LedgerVerifier(UUID customerId) {
    this(customerId, false);
  }

  private LedgerVerifier(UUID customerId, boolean anyBeginning) {
    this.customerId = customerId;
    this.book = new BlockBook(customerId, 0);
    this.begun = !anyBeginning;
  }

  /**
   * A verifier for a ledger whose first entries may not be there. If the first that comes is not
   * number 1, it is taken as it is: what it says of the balances before it, and what blocks and
   * reservations did that are older, is believed. All else is proven.
   */
  public static LedgerVerifier fromAnyBeginning(UUID customerId) {
    return new LedgerVerifier(customerId, true);
  }

  /** Takes the next entry. After the first bad one the rest is not looked at. */
  public void accept(LedgerEntry entry) {
    if (problem != null) {
      return;
    }
    long expected = lastSequence + 1;
    try {
      if (!begun && entry.sequence() > 1) {
        expected = entry.sequence();
        beginAt(entry);
      }
      check(entry);
    } catch (LedgerFlaw flaw) {
      problem = flaw.problem();
      firstBadSequence = expected;
      return;
    } catch (AmountOutOfRangeException _) {
      problem = "an amount is out of range";
      firstBadSequence = expected;
      return;
    }
    begun = true;
    entries++;
    lastSequence = entry.sequence();
    lastNumber = entry.number();
    lastAt = entry.createdAt();
    balanceMc = entry.balanceAfter();
    reservedMc = entry.reservedAfter();
    overageMc = entry.overageAfter();
    headHash = entry.hash();
  }

  private void beginAt(LedgerEntry entry) {
    lastSequence = entry.sequence() - 1;
    headHash = entry.previousHash();
    balanceMc = Amounts.checked(entry.balanceAfter()) - Amounts.checked(entry.delta());
    book = new BlockBook(customerId, entry.number());
  }

  private void check(LedgerEntry entry) {
    long expected = lastSequence + 1;
    require(
        entry.sequence() == expected,
        "sequence " + entry.sequence() + " stands where " + expected + " belongs");
    require(
        entry.previousHash().equals(headHash), "previous_hash is not the hash of the entry before");
    require(entry.number() > lastNumber, "id is not behind that of the entry before");
    for (Allocation allocation : entry.allocations()) {
      require(allocation.block() > 0, "an allocation names no block");
    }
    require(
        entry.hash().equals(LedgerHash.of(entry, customerId)), "hash does not match the content");
    require(!entry.createdAt().isBefore(lastAt), "created_at is before that of the entry before");
    checkAmounts(entry);
    checkMove(entry);
  }

  private void checkAmounts(LedgerEntry entry) {
    require(
        entry.balanceAfter() == Amounts.add(balanceMc, Amounts.checked(entry.delta())),
        "balance_after is not the balance before plus delta");
    require(entry.balanceAfter() >= 0, "balance_after is below 0");
    require(entry.reservedAfter() >= 0, "reserved_after is below 0");
    require(Amounts.checked(entry.overageAfter()) >= 0, "overage_after is below 0");
    require(entry.reservedAfter() <= entry.balanceAfter(), "more is reserved than there is");
    var blocks = new HashSet<Long>();
    for (Allocation allocation : entry.allocations()) {
      require(allocation.amountMc() > 0, "an allocation is not above 0");
      require(blocks.add(allocation.block()), "a block stands twice in the allocations");
    }
  }

  private void checkMove(LedgerEntry entry) {
    switch (entry.type()) {
      case GRANT -> grant(entry);
      case DEBIT -> spend(entry);
      case HOLD -> hold(entry);
      case RELEASE -> release(entry);
      case CAPTURE -> capture(entry);
      case EXPIRE -> end(entry, false);
      case VOID -> end(entry, true);
      case ADJUST -> adjust(entry);
      case REVERSE -> reverse(entry);
      case OVERAGE -> overage(entry);
      case SETTLE -> settle(entry);
    }
  }

  private void grant(LedgerEntry entry) {
    requireSameReserved(entry);
    requireSameOverage(entry);
    Allocation granted = single(entry);
    if (entry.delta() == 0) {
      book.promise(entry.number(), granted);
    } else {
      requireDelta(entry, granted.amountMc());
      book.grant(entry.number(), granted);
    }
  }

  private void spend(LedgerEntry entry) {
    requireSameReserved(entry);
    requireSameOverage(entry);
    requireDelta(entry, -sumMc(entry));
    entry.allocations().forEach(book::take);
  }

  private void hold(LedgerEntry entry) {
    requireNoDelta(entry);
    requireSameOverage(entry);
    requireReserved(entry, reservedMc + sumMc(entry));
    book.hold(entry.number(), reservation(entry), entry.allocations());
  }

  private void release(LedgerEntry entry) {
    requireNoDelta(entry);
    requireSameOverage(entry);
    requireReserved(entry, reservedMc - sumMc(entry));
    book.release(reservation(entry), entry.allocations());
  }

  private void capture(LedgerEntry entry) {
    requireSameOverage(entry);
    requireDelta(entry, -sumMc(entry));
    book.capture(
        reservation(entry),
        entry.allocations(),
        isBeforeKnown() ? reservedMc : entry.reservedAfter(),
        entry.reservedAfter());
  }

  private void end(LedgerEntry entry, boolean mayBePromised) {
    requireSameReserved(entry);
    requireSameOverage(entry);
    long block = referenced(entry, "block", OwnedId.Kind.BLOCK);
    if (!entry.allocations().isEmpty()) {
      require(
          single(entry).block() == block, "the allocation is not of the block that it is about");
    }
    long amountMc = sumMc(entry);
    if (mayBePromised && book.endPromise(block, amountMc)) {
      requireNoDelta(entry);
    } else if (entry.delta() != 0 || !(mayBePromised && book.isUnknown(block))) {
      requireDelta(entry, -amountMc);
      book.end(block, amountMc);
    }
  }

  private void adjust(LedgerEntry entry) {
    require(entry.delta() != 0, "delta is 0");
    if (entry.delta() < 0) {
      spend(entry);
      return;
    }
    requireSameReserved(entry);
    requireSameOverage(entry);
    Allocation granted = single(entry);
    requireDelta(entry, granted.amountMc());
    require(granted.block() == entry.number(), "the block is not the one that this entry makes");
    book.grant(entry.number(), granted);
  }

  private void reverse(LedgerEntry entry) {
    requireSameReserved(entry);
    requireDelta(entry, sumMc(entry));
    require(!isBeforeKnown() || entry.overageAfter() <= overageMc, "overage_after grew");
    for (Allocation returned : entry.allocations()) {
      book.giveBack(entry.number(), returned);
    }
  }

  private void overage(LedgerEntry entry) {
    requireSameReserved(entry);
    requireNoDelta(entry);
    require(entry.allocations().isEmpty(), "overage has allocations");
    require(!isBeforeKnown() || entry.overageAfter() > overageMc, "overage_after did not grow");
  }

  private void settle(LedgerEntry entry) {
    requireSameReserved(entry);
    long paidMc = sumMc(entry);
    requireDelta(entry, -paidMc);
    if (entry.allocations().isEmpty()) {
      require(!isBeforeKnown() || entry.overageAfter() < overageMc, "overage_after did not fall");
      return;
    }
    Allocation paid = single(entry);
    require(
        paid.block() == referenced(entry, "block", OwnedId.Kind.BLOCK),
        "the allocation is not of the block that it is about");
    require(
        !isBeforeKnown() || entry.overageAfter() == overageMc - paidMc,
        "overage_after is not less by what was paid");
    book.take(paid);
  }

  /** Whether what stood in front of the entry that is being checked was seen. */
  private boolean isBeforeKnown() {
    return begun || lastSequence == 0;
  }

  private void requireSameReserved(LedgerEntry entry) {
    requireReserved(entry, reservedMc);
  }

  private void requireReserved(LedgerEntry entry, long expectedMc) {
    require(
        !isBeforeKnown() || entry.reservedAfter() == expectedMc,
        "reserved_after does not follow from what was reserved before");
  }

  private void requireSameOverage(LedgerEntry entry) {
    require(
        !isBeforeKnown() || entry.overageAfter() == overageMc,
        "overage_after is another, though nothing was booked or settled");
  }

  private static void requireDelta(LedgerEntry entry, long expectedMc) {
    require(entry.delta() == expectedMc, "the allocations do not add up to delta");
  }

  private static void requireNoDelta(LedgerEntry entry) {
    require(entry.delta() == 0, "delta is not 0");
  }

  private static Allocation single(LedgerEntry entry) {
    require(entry.allocations().size() == 1, "the allocations are not those of one block");
    return entry.allocations().getFirst();
  }

  private static long sumMc(LedgerEntry entry) {
    long sumMc = 0;
    for (Allocation allocation : entry.allocations()) {
      sumMc = Amounts.add(sumMc, Amounts.checked(allocation.amountMc()));
    }
    return sumMc;
  }

  private long reservation(LedgerEntry entry) {
    return referenced(entry, "reservation", OwnedId.Kind.RESERVATION);
  }

  /** The number of the thing that an entry is about. */
  private long referenced(LedgerEntry entry, String type, OwnedId.Kind kind) {
    Reference reference = entry.reference();
    OwnedId id =
        reference == null || !reference.type().equals(type) ? null : kind.parse(reference.id());
    if (id == null || !id.customerId().equals(customerId)) {
      throw new LedgerFlaw("the reference is not to a " + type + " of this customer");
    }
    return id.number();
  }

  private static void require(boolean holds, String flaw) {
    if (!holds) {
      throw new LedgerFlaw(flaw);
    }
  }

  /** What is wrong with the first entry that is not right; null if all taken so far are. */
  public @Nullable String problem() {
    return problem;
  }

  /** The sequence of the last good entry; 0 if there is none. */
  public long lastSequence() {
    return lastSequence;
  }

  /** The hash of the last good entry. */
  public String headHash() {
    return headHash;
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
