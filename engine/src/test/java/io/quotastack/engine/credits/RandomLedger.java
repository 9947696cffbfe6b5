package io.quotastack.engine.credits;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A ledger of a customer to whom everything happens that can happen, in random order: written from
 * the rules of semantics 3 and 6, by a bookkeeping of its own.
 */
final class RandomLedger {
  private final Random random;
  private final LedgerBook book;
  private final TreeMap<Long, Life> blocks = new TreeMap<>();
  private final TreeMap<Long, TreeMap<Long, Long>> holds = new TreeMap<>();

  /** A block that is there, or was. */
  private static final class Life {
    long remainingMc;
    long heldMc;
    boolean pending;
    boolean expired;
    boolean voided;

    long freeMc() {
      return pending || expired || voided ? 0 : remainingMc - heldMc;
    }
  }

  private RandomLedger(UUID customerId, long seed) {
    this.book = new LedgerBook(customerId);
    this.random = new Random(seed);
  }

  /** The ledger of that seed, of at least so many entries. */
  static List<LedgerEntry> of(long seed, int size) {
    return of(LedgerBook.CUSTOMER, seed, size);
  }

  /** The same for another customer. */
  static List<LedgerEntry> of(UUID customerId, long seed, int size) {
    var run = new RandomLedger(customerId, seed);
    while (run.book.entries.size() < size) {
      run.step();
    }
    return run.book.entries;
  }

  private void step() {
    switch (random.nextInt(13)) {
      case 0 -> granted(book.grant(amount()));
      case 1 -> promised(book.promise(amount()));
      case 2 -> activate();
      case 3 -> debit();
      case 4, 5 -> hold();
      case 6, 7 -> capture();
      case 8 -> release();
      case 9 -> end(random.nextBoolean());
      case 10 -> adjust();
      case 11 -> reverse();
      default -> owe();
    }
  }

  private long amount() {
    return 1L + random.nextInt(1_000);
  }

  private void granted(long block) {
    var life = new Life();
    life.remainingMc = LedgerBook.sum(lastAllocations());
    blocks.put(block, life);
  }

  private void promised(long block) {
    granted(block);
    life(block).pending = true;
  }

  private Allocation[] lastAllocations() {
    return book.entries.getLast().allocations().toArray(new Allocation[0]);
  }

  private void activate() {
    Long block = any(blocks.keySet().stream().filter(each -> life(each).pending).toList());
    if (block != null) {
      life(block).pending = false;
      book.activate(block, life(block).remainingMc);
    }
  }

  /** Where so much would come from, or from as many blocks as there are. */
  private Allocation[] plan(long amountMc) {
    var allocations = new ArrayList<Allocation>();
    long missingMc = amountMc;
    for (var each : blocks.entrySet()) {
      long takenMc = Math.min(missingMc, each.getValue().freeMc());
      if (takenMc > 0) {
        allocations.add(new Allocation(each.getKey(), takenMc));
        missingMc -= takenMc;
      }
    }
    return allocations.toArray(new Allocation[0]);
  }

  private void debit() {
    Allocation[] taken = plan(amount());
    spend(taken);
    book.debit(taken);
    if (random.nextInt(4) == 0) {
      book.overage(amount());
    }
  }

  private void spend(Allocation... taken) {
    for (Allocation allocation : taken) {
      life(allocation.block()).remainingMc -= allocation.amountMc();
    }
  }

  private void hold() {
    Allocation[] pinned = plan(amount());
    long reservation = book.hold(pinned);
    var held = new TreeMap<Long, Long>();
    for (Allocation allocation : pinned) {
      life(allocation.block()).heldMc += allocation.amountMc();
      held.put(allocation.block(), allocation.amountMc());
    }
    holds.put(reservation, held);
  }

  private void capture() {
    Long reservation = any(List.copyOf(holds.keySet()));
    if (reservation == null) {
      return;
    }
    Map<Long, Long> held = heldBy(reservation);
    long heldMc = held.values().stream().mapToLong(Long::longValue).sum();
    boolean last = random.nextBoolean();
    long wantedMc = random.nextInt(3) == 0 ? heldMc : random.nextInt(1_500);
    var taken = new TreeMap<Long, Long>();
    long missingMc = wantedMc;
    for (long block : List.copyOf(held.keySet())) {
      long partMc = Math.min(missingMc, held.getOrDefault(block, 0L));
      if (partMc > 0) {
        taken.put(block, partMc);
        held.merge(block, -partMc, Long::sum);
        life(block).heldMc -= partMc;
        life(block).remainingMc -= partMc;
        missingMc -= partMc;
      }
    }
    long capturedMc = wantedMc - missingMc;
    Allocation[] excess = plan(missingMc);
    spend(excess);
    for (Allocation allocation : excess) {
      taken.merge(allocation.block(), allocation.amountMc(), Long::sum);
    }
    book.capture(
        reservation,
        last ? heldMc : capturedMc,
        taken.entrySet().stream()
            .map(each -> new Allocation(each.getKey(), each.getValue()))
            .toArray(Allocation[]::new));
    if (last) {
      letGo(reservation);
    }
  }

  private void release() {
    Long reservation = any(List.copyOf(holds.keySet()));
    if (reservation != null) {
      book.release(
          reservation,
          heldBy(reservation).entrySet().stream()
              .filter(each -> each.getValue() > 0)
              .map(each -> new Allocation(each.getKey(), each.getValue()))
              .toArray(Allocation[]::new));
      letGo(reservation);
    }
  }

  /** What returns to a block that has ended is lost, right behind. */
  private void letGo(long reservation) {
    heldBy(reservation)
        .forEach((block, heldMc) -> {
          Life life = life(block);
          life.heldMc -= heldMc;
          lose(block, heldMc);
        });
    holds.remove(reservation);
  }

  private void lose(long block, long amountMc) {
    Life life = life(block);
    if (amountMc > 0 && (life.expired || life.voided)) {
      life.remainingMc -= amountMc;
      if (life.expired) {
        book.expire(block, amountMc);
      } else {
        book.takeBack(block, amountMc);
      }
    }
  }

  private void end(boolean taken) {
    Long block = any(List.copyOf(blocks.keySet()));
    if (block == null) {
      return;
    }
    Life life = life(block);
    if (life.expired || life.voided || (life.pending && !taken)) {
      return;
    }
    if (life.pending) {
      book.takeBackPromise(block, life.remainingMc);
      life.remainingMc = 0;
    }
    long freeMc = life.freeMc();
    life.pending = false;
    life.expired = !taken;
    life.voided = taken;
    lose(block, freeMc);
  }

  private void adjust() {
    if (random.nextBoolean()) {
      granted(book.adjustUp(amount()));
      return;
    }
    Allocation[] taken = plan(amount());
    if (taken.length > 0) {
      spend(taken);
      book.adjustDown(taken);
    }
  }

  /** Something comes back to two blocks at most: used up, ended or not, or a new one. */
  private void reverse() {
    var returned = new TreeMap<Long, Long>();
    Long old = any(blocks.keySet().stream().filter(each -> !life(each).pending).toList());
    if (old != null) {
      returned.put(old, amount());
    }
    if (random.nextBoolean()) {
      blocks.put(book.next(), new Life());
      returned.put(book.next(), amount());
    }
    returned.forEach((block, amountMc) -> life(block).remainingMc += amountMc);
    book.reverse(
        random.nextInt(2) * book.overageMc,
        returned.entrySet().stream()
            .map(each -> new Allocation(each.getKey(), each.getValue()))
            .toArray(Allocation[]::new));
    returned.forEach(this::lose);
  }

  private void owe() {
    if (book.overageMc == 0) {
      book.overage(amount());
    } else if (random.nextBoolean()) {
      book.invoice(1L + random.nextInt((int) book.overageMc));
    } else {
      long amountMc = amount();
      long block = book.grant(amountMc);
      granted(block);
      long paidMc = Math.min(amountMc, book.overageMc);
      spend(new Allocation(block, paidMc));
      book.settle(block, paidMc);
    }
  }

  private Life life(long block) {
    return requireNonNull(blocks.get(block));
  }

  private Map<Long, Long> heldBy(long reservation) {
    return requireNonNull(holds.get(reservation));
  }

  private @Nullable Long any(List<Long> numbers) {
    return numbers.isEmpty() ? null : numbers.get(random.nextInt(numbers.size()));
  }
}
