package io.quotastack.engine.credits;

import io.quotastack.engine.ids.OwnedId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the entries of a ledger leave in each block and each reservation, kept to prove that none
 * gave more than it had. Only blocks that still hold something and reservations that still hold
 * something are in it.
 *
 * <p>The book of a ledger that is read from somewhere in its middle on does not know what was
 * before: blocks and reservations that are older than its first entry may do what they like.
 *
 * <p>Every method throws {@link LedgerFlaw} if the ledger cannot be right; then the book means
 * nothing any more.
 */
final class BlockBook {
  private final UUID customerId;
  private final long firstNumber;
  private final Map<Long, Long> promisedMc = new HashMap<>();
  private final Map<Long, Pot> pots = new HashMap<>();
  private final Map<Long, Map<Long, Long>> heldMc = new HashMap<>();

  private static final class Pot {
    private long remainingMc;
    private long heldMc;
    private boolean ended;

    private long freeMc() {
      return remainingMc - heldMc;
    }
  }

  /**
   * The book of a ledger without entries.
   *
   * @param firstNumber the journal number of the first entry that the book will see; what has a
   *     lower number is not known. 0 = everything is
   */
  BlockBook(UUID customerId, long firstNumber) {
    this.customerId = customerId;
    this.firstNumber = firstNumber;
  }

  /** A block is to take effect later. */
  void promise(long entryNumber, Allocation granted) {
    requireNew(entryNumber, granted.block());
    promisedMc.put(granted.block(), granted.amountMc());
  }

  /** A block takes effect: a new one, or one that was promised. */
  void grant(long entryNumber, Allocation granted) {
    Long promise = promisedMc.remove(granted.block());
    if (promise != null) {
      require(
          promise == granted.amountMc(), name(granted.block()) + " is not what was promised of it");
    } else if (!isUnknown(granted.block())) {
      requireNew(entryNumber, granted.block());
    }
    pot(granted.block()).remainingMc += granted.amountMc();
  }

  /** Free credits are gone. */
  void take(Allocation taken) {
    take(taken.block(), 0, taken.amountMc());
  }

  /** What was spent, or what is owed to the customer, comes back. */
  void giveBack(long entryNumber, Allocation returned) {
    long block = returned.block();
    require(block <= entryNumber, name(block) + " does not exist yet");
    require(!promisedMc.containsKey(block), name(block) + " has not taken effect");
    if (pots.containsKey(block) || !isUnknown(block)) {
      pot(block).remainingMc += returned.amountMc();
    }
  }

  /** A new reservation pins free credits. */
  void hold(long entryNumber, long reservation, List<Allocation> pinned) {
    require(reservation == entryNumber, "the reservation is not the one that this entry makes");
    var held = new HashMap<Long, Long>();
    for (Allocation allocation : pinned) {
      Pot pot = giving(allocation.block());
      if (pot != null) {
        requireFree(pot, allocation.block(), allocation.amountMc());
        pot.heldMc += allocation.amountMc();
      }
      held.put(allocation.block(), allocation.amountMc());
    }
    if (!held.isEmpty()) {
      heldMc.put(reservation, held);
    }
  }

  /** A reservation lets go of all that it holds. */
  void release(long reservation, List<Allocation> released) {
    if (isUnknown(reservation)) {
      return;
    }
    var amounts = new HashMap<Long, Long>();
    for (Allocation allocation : released) {
      amounts.put(allocation.block(), allocation.amountMc());
    }
    require(
        amounts.equals(heldMc.getOrDefault(reservation, Map.of())),
        "the allocations are not what the reservation holds");
    letGo(reservation);
  }

  /**
   * A reservation pays, out of what it holds first and then out of free credits; afterwards it
   * holds the rest, or nothing any more.
   *
   * @param reservedBeforeMc what all reservations held
   * @param reservedAfterMc what they hold now; tells which of the two it is
   */
  void capture(
      long reservation, List<Allocation> taken, long reservedBeforeMc, long reservedAfterMc) {
    if (isUnknown(reservation)) {
      taken.forEach(this::take);
      require(reservedAfterMc <= reservedBeforeMc, "reserved_after grew by a capture");
      return;
    }
    Map<Long, Long> held = heldMc.getOrDefault(reservation, Map.of());
    long heldBeforeMc = sum(held);
    long capturedMc = 0;
    long excessMc = 0;
    for (Allocation allocation : taken) {
      long heldPartMc = Math.min(allocation.amountMc(), held.getOrDefault(allocation.block(), 0L));
      take(allocation.block(), heldPartMc, allocation.amountMc() - heldPartMc);
      capturedMc += heldPartMc;
      excessMc += allocation.amountMc() - heldPartMc;
      if (heldPartMc > 0) {
        long restMc = held.getOrDefault(allocation.block(), 0L) - heldPartMc;
        if (restMc == 0) {
          held.remove(allocation.block());
        } else {
          held.put(allocation.block(), restMc);
        }
      }
    }
    require(
        excessMc == 0 || capturedMc == heldBeforeMc,
        "free credits were taken before all that the reservation holds");
    if (reservedAfterMc == reservedBeforeMc - heldBeforeMc) {
      letGo(reservation);
    } else {
      require(
          reservedAfterMc == reservedBeforeMc - capturedMc,
          "reserved_after is neither less by what was captured nor by all that was held");
    }
  }

  /** A block's end takes exactly what no reservation holds of it. */
  void end(long block, long amountMc) {
    Pot pot = pots.get(block);
    if (pot == null) {
      require(amountMc == 0 || isUnknown(block), name(block) + " gave more than it had");
      return;
    }
    require(
        pot.freeMc() == amountMc,
        name(block) + " lost " + amountMc + " mc at its end and not the " + pot.freeMc() + " free");
    pot.remainingMc -= amountMc;
    pot.ended = true;
    dropIfEmpty(block, pot);
  }

  /** A block is taken back before it took effect; false if it is none that was promised. */
  boolean endPromise(long block, long amountMc) {
    Long promise = promisedMc.remove(block);
    require(
        promise == null || promise == amountMc, name(block) + " is not what was promised of it");
    return promise != null;
  }

  /** Whether that block or reservation may be older than all that the book has seen. */
  boolean isUnknown(long number) {
    return number < firstNumber;
  }

  /** The id of a block, for what is told of it. */
  String name(long block) {
    return "block " + OwnedId.Kind.BLOCK.text(customerId, block);
  }

  private void letGo(long reservation) {
    Map<Long, Long> held = heldMc.remove(reservation);
    if (held != null) {
      held.forEach((block, amountMc) -> {
        Pot pot = pots.get(block);
        if (pot != null) {
          pot.heldMc -= amountMc;
        }
      });
    }
  }

  private void take(long block, long heldPartMc, long freePartMc) {
    Pot pot = freePartMc > 0 ? giving(block) : pots.get(block);
    if (pot != null) {
      requireFree(pot, block, freePartMc);
      pot.remainingMc -= heldPartMc + freePartMc;
      pot.heldMc -= heldPartMc;
      dropIfEmpty(block, pot);
    }
  }

  /** The pot of a block that is to give of its free credits; null if the block is not known. */
  private @Nullable Pot giving(long block) {
    require(!promisedMc.containsKey(block), name(block) + " has not taken effect");
    Pot pot = pots.get(block);
    require(pot != null || isUnknown(block), name(block) + " gave more than it had");
    require(pot == null || !pot.ended, name(block) + " gave after its end");
    return pot;
  }

  private void requireFree(Pot pot, long block, long amountMc) {
    require(pot.freeMc() >= amountMc, name(block) + " gave more than it had");
  }

  private void requireNew(long entryNumber, long block) {
    // What an event makes bears the event's number, so that no block can come in twice.
    require(block == entryNumber, name(block) + " is not the one that this entry makes");
  }

  private Pot pot(long block) {
    return pots.computeIfAbsent(block, _ -> new Pot());
  }

  private void dropIfEmpty(long block, Pot pot) {
    if (pot.remainingMc == 0) {
      pots.remove(block);
    }
  }

  private static long sum(Map<Long, Long> amountsMc) {
    return amountsMc.values().stream().mapToLong(Long::longValue).sum();
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new LedgerFlaw(problem);
    }
  }
}
