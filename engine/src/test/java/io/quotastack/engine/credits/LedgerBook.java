package io.quotastack.engine.credits;

import io.quotastack.engine.ids.OwnedId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A ledger that a test writes, entry by entry. It reckons sequence, balances and hashes, and leaves
 * it to the test whether what it writes makes sense.
 */
final class LedgerBook {
  static final UUID CUSTOMER = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");
  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  final List<LedgerEntry> entries = new ArrayList<>();
  long balanceMc;
  long reservedMc;
  long overageMc;
  long number = 1; // the customer's creation
  @Nullable String reason;
  Instant at = START;

  private final UUID customerId;

  /** The ledger of {@link #CUSTOMER}. */
  LedgerBook() {
    this(CUSTOMER);
  }

  /** The ledger of that customer. */
  LedgerBook(UUID customerId) {
    this.customerId = customerId;
  }

  static Allocation mc(long block, long amountMc) {
    return new Allocation(block, amountMc);
  }

  static Reference block(long number) {
    return new Reference("block", OwnedId.Kind.BLOCK.text(CUSTOMER, number));
  }

  static Reference reservation(long number) {
    return new Reference("reservation", OwnedId.Kind.RESERVATION.text(CUSTOMER, number));
  }

  /** The number that the next entry will have. */
  long next() {
    return number + 1;
  }

  /** Any entry; answers its number. */
  long add(
      EntryType type,
      long delta,
      long reservedChangeMc,
      long overageChangeMc,
      @Nullable Reference reference,
      Allocation... allocations) {
    number++;
    balanceMc += delta;
    reservedMc += reservedChangeMc;
    overageMc += overageChangeMc;
    at = at.plusSeconds(1);
    entries.add(
        new LedgerEntry(
                number,
                entries.size() + 1L,
                type,
                delta,
                balanceMc,
                reservedMc,
                overageMc,
                List.of(allocations),
                reference,
                reason,
                Map.of(),
                at,
                entries.isEmpty() ? LedgerHash.GENESIS : entries.getLast().hash(),
                "")
            .sealed(customerId));
    return number;
  }

  long grant(long amountMc) {
    return add(
        EntryType.GRANT,
        amountMc,
        0,
        0,
        own("block", OwnedId.Kind.BLOCK, next()),
        mc(next(), amountMc));
  }

  long promise(long amountMc) {
    return add(
        EntryType.GRANT, 0, 0, 0, own("block", OwnedId.Kind.BLOCK, next()), mc(next(), amountMc));
  }

  void activate(long block, long amountMc) {
    add(
        EntryType.GRANT,
        amountMc,
        0,
        0,
        own("block", OwnedId.Kind.BLOCK, block),
        mc(block, amountMc));
  }

  void debit(Allocation... taken) {
    add(EntryType.DEBIT, -sum(taken), 0, 0, own("usage", OwnedId.Kind.USAGE_EVENT, next()), taken);
  }

  long hold(Allocation... pinned) {
    return add(
        EntryType.HOLD,
        0,
        sum(pinned),
        0,
        own("reservation", OwnedId.Kind.RESERVATION, next()),
        pinned);
  }

  void release(long reservation, Allocation... released) {
    add(
        EntryType.RELEASE,
        0,
        -sum(released),
        0,
        own("reservation", OwnedId.Kind.RESERVATION, reservation),
        released);
  }

  /** A capture after which so much less is reserved. */
  void capture(long reservation, long noLongerHeldMc, Allocation... taken) {
    add(
        EntryType.CAPTURE,
        -sum(taken),
        -noLongerHeldMc,
        0,
        own("reservation", OwnedId.Kind.RESERVATION, reservation),
        taken);
  }

  void expire(long block, long amountMc) {
    add(
        EntryType.EXPIRE,
        -amountMc,
        0,
        0,
        own("block", OwnedId.Kind.BLOCK, block),
        mc(block, amountMc));
  }

  void takeBack(long block, long amountMc) {
    add(
        EntryType.VOID,
        -amountMc,
        0,
        0,
        own("block", OwnedId.Kind.BLOCK, block),
        mc(block, amountMc));
  }

  void takeBackPromise(long block, long amountMc) {
    add(EntryType.VOID, 0, 0, 0, own("block", OwnedId.Kind.BLOCK, block), mc(block, amountMc));
  }

  long adjustUp(long amountMc) {
    return add(
        EntryType.ADJUST,
        amountMc,
        0,
        0,
        own("block", OwnedId.Kind.BLOCK, next()),
        mc(next(), amountMc));
  }

  void adjustDown(Allocation... taken) {
    add(EntryType.ADJUST, -sum(taken), 0, 0, null, taken);
  }

  /** A reversal by which so much less is owed. */
  void reverse(long noLongerOwedMc, Allocation... returned) {
    add(
        EntryType.REVERSE,
        sum(returned),
        0,
        -noLongerOwedMc,
        own("usage", OwnedId.Kind.USAGE_EVENT, 2),
        returned);
  }

  void overage(long amountMc) {
    add(EntryType.OVERAGE, 0, 0, amountMc, own("usage", OwnedId.Kind.USAGE_EVENT, number));
  }

  void settle(long block, long amountMc) {
    add(
        EntryType.SETTLE,
        -amountMc,
        0,
        -amountMc,
        own("block", OwnedId.Kind.BLOCK, block),
        mc(block, amountMc));
  }

  void invoice(long amountMc) {
    add(EntryType.SETTLE, 0, 0, -amountMc, null);
  }

  private Reference own(String type, OwnedId.Kind kind, long numbered) {
    return new Reference(type, kind.text(customerId, numbered));
  }

  static long sum(Allocation... allocations) {
    long sumMc = 0;
    for (Allocation allocation : allocations) {
      sumMc += allocation.amountMc();
    }
    return sumMc;
  }
}
