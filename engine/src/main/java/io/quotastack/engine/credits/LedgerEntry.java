package io.quotastack.engine.credits;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One change of a customer's credits, as it stands in the journal for ever (semantics 3). Amounts
 * are in mc.
 *
 * @param number the sequence number of the journal event that it is part of; gives it its id
 * @param sequence 1, 2, 3 ... without a gap
 * @param type what kind of change
 * @param delta how the balance changed
 * @param balanceAfter the balance after it
 * @param reservedAfter what reservations hold after it
 * @param overageAfter what is owed beyond all blocks after it
 * @param allocations the blocks that it moved, in the order in which they were taken
 * @param reference what it is about
 * @param reason why, in words
 * @param metadata the tenant's own
 * @param createdAt the instant at which it holds: for what time brought about, the due instant
 * @param previousHash the hash of the entry before it
 * @param hash see {@link LedgerHash}
 */
public record LedgerEntry(
    long number,
    long sequence,
    EntryType type,
    long delta,
    long balanceAfter,
    long reservedAfter,
    long overageAfter,
    List<Allocation> allocations,
    @Nullable Reference reference,
    @Nullable String reason,
    Map<String, String> metadata,
    Instant createdAt,
    String previousHash,
    String hash) {

  /** The same entry under another hash: how a draft gets its own. */
  LedgerEntry withHash(String hash) {
    return new LedgerEntry(
        number,
        sequence,
        type,
        delta,
        balanceAfter,
        reservedAfter,
        overageAfter,
        allocations,
        reference,
        reason,
        metadata,
        createdAt,
        previousHash,
        hash);
  }

  /** This entry with the hash that its content and its place in this customer's ledger give. */
  public LedgerEntry sealed(UUID customerId) {
    return withHash(LedgerHash.of(this, customerId));
  }
}
